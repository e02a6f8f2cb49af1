from wss_cases.app import create_app

app = create_app()
