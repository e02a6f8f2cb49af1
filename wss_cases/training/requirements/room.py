"""What this folder brings to the application."""

from wss_cases.foundation.db import by_id
from wss_cases.journal.rooms import Room
from wss_cases.training.requirements import models, states, views

ROOM = Room(
    pages=(views.blueprint,),
    sentences=states.SENTENCES,
    loaders={"training_requirement": by_id(models.TrainingRequirement)},
)
