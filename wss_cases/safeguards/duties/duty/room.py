"""What this folder brings to the application."""

from wss_cases.journal.rooms import DeputyLooks, Room
from wss_cases.safeguards.duties.duty import actions, presenters, queries, states

ROOM = Room(
    sentences=states.SENTENCES,
    loaders={"legal_duty": queries.load_duty},
    deputy_looks={
        "legal_duty": DeputyLooks(
            presenters.for_deputy,
            actions.settle_proposal,
            queries.proposed_everywhere,
            actions.asks,
            presenters.reports_of,
        )
    },
)
