"""Flask-Login and CSRF protection. Rooms above import them from here."""

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf

__all__ = [
    "CSRFError",
    "UserMixin",
    "csrf",
    "current_user",
    "generate_csrf",
    "init_sign_in",
    "login_manager",
    "login_user",
    "logout_user",
]

login_manager = LoginManager()
csrf = CSRFProtect()


def init_sign_in(app: Flask) -> None:
    """Attach sign-in, CSRF protection and Bootstrap's local files."""
    login_manager.init_app(app)
    csrf.init_app(app)
    Bootstrap5(app)
