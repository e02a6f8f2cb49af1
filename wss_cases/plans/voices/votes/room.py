"""What this folder brings to the application."""

from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.plans.voices.votes import actions, presenters, queries, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"plan_vote": queries.load_vote},
    reactions={"meeting.changed": actions.keep_votes},
    panels=(Panel(Place.SCHOOL_MEETING, 10, presenters.votes_panel),),
)
