"""Texts of reports: ordinary ones as schools write them every day, and planted ones that name a danger."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path
from random import Random

from tests.support.behaviors import GROUP_WEIGHTS, PROFILES

CODES = Path(__file__).parents[3] / "migrations" / "data" / "behavior_codes_2026.csv"

EVERYDAY = """\
They wanted to shoot hoops at recess and would not share the ball.
He was shooting baskets during class time in the gym.
She took a screenshot of the group chat and sent it around.
They were arguing about a screenshot.
He said his team was killing it and bragged until they argued.
She said that test was the bomb and laughed at him.
He came late because he caught a touch of flu.
He gunned it down the hallway on a scooter.
She jumped the gun and started before the whistle, and then they pushed each other.
They threw a bath bomb in the sink.
He photobombed the class picture and she got upset.
He bombed the quiz and tore up the paper.
Someone set off a stink bomb at the door.
She said the F bomb twice during the lesson.
He shot up his hand and yelled the answer again and again.
He took a shot at the basket during the fire drill.
Oh shoot, she said, and dropped the tray on purpose.
They were playing a shooting game on the laptop.
He shot rubber bands across the room.
He sprayed everyone with a water gun at field day.
He burned the glue gun cord and hid it.
We touched base with both students after lunch.
He touched the fire alarm and ran.
She keeps touching his backpack and he told her to stop.
No one was touched and everyone went back to class.
He kicked the ball over the fence and would not get it.
She was cutting in line and shoved him.
He cut himself on the paper cutter while playing around.
She cut herself off from the group and cried.
He said he was dying of laughter and disrupted the class.
She told him to drop dead serious and they laughed.
He was selling candy in the hallway again.
She sold cookies for the fundraiser and kept the money box.
The teacher threw away his drawing and he yelled.
The coach hit the whistle and they kept running.
Ms. Rivera grabbed the walkie and called the office.
The teacher saw him hit another student in line.
Mr. Cole saw her push him and stepped in.
A student hit the teacher's desk with his fist.
The security guard grabbed a chair and separated them.
He threw a book at the wall.
He threw pencils and kicked the trash can.
Her belt buckle broke and they laughed at her.
He refused to wear a seat belt on the bus.
She has a black belt and showed off a kick.
They used a plastic knife to open the bag.
He took a stab at the answer and others mocked him.
Her shoulder blade hurts since the push.
The fan blade was bent by a thrown ball.
He has an explosive temper and slammed the door.
She blew up a balloon and popped it next to his ear.
He blew up at me when I asked for the phone.
They were dealing cards at the back table.
He is dealing with a lot and put his head down.
She ran suicides in practice and skipped class after.
We talked about sex ed rules and they giggled.
He made a bullet list of people who annoy him.
He dodged a bullet by leaving before the fight.
They made fun of her shoes.
He kicked his butt at chess and would not stop talking about it.
The naked eye could see the scratches on the desk.
He vapes, his friend said, but nothing was found.
She would not leave the computer lab.
He drew on the table with a marker.
They shouted at each other over a seat.
He pushed in line and she pushed back.
She called him a name and he called her one back.
He ran in the hallway and slid into a locker.
They left the cafeteria without cleaning up.
He copied her homework and denied it.
She used her phone all period.
Querían tirar al aro en el recreo y no compartían la pelota.
Le tocó leer y se negó.
Tocó la puerta muchas veces y salió corriendo.
Se disparó la alarma por una broma.
Lo pasamos bomba, dijo, y siguió gritando.
Hizo una bomba de chicle y la pegó en el pelo de su compañera.
Trajo una pistola de agua al recreo.
Se corta el pelo en clase con tijeras.
Hubo un simulacro de incendio y empujó a otros.
Vende dulces en el pasillo.
La maestra agarró el teléfono y él gritó.
Violó las reglas del salón otra vez.
No se abrochó el cinturón de seguridad en el autobús.
Se pelearon por un asiento y se gritaron.
Empujó a un compañero en la fila.
Dijo groserías en clase.
Salió del salón sin permiso.
Rompió la puerta de su casillero.
Se burló de sus zapatos.
Usó el teléfono toda la clase.
""".splitlines()

GUNS_EN = (
    "a gun", "a pistol", "a handgun", "a rifle", "a Glock", "a 9mm", "a loaded gun", "a ghost gun", "a firearm",
    "a revolver",
)  # fmt: skip
GUNS_ES = ("una pistola", "un arma de fuego", "un rifle", "una escopeta", "un revólver", "una pistola cargada")
BOMBS_EN = ("a bomb", "a pipe bomb", "explosives", "a grenade", "a molotov cocktail")
BOMBS_ES = ("una bomba", "explosivos", "dinamita", "una granada de mano")
HAS_EN = (
    "He has {} in his locker.", "She told me he showed her {} on the bus",
    "There is {} in the bathroom!", "i think there's {} in his backpack",
    "He said he will bring {} tomorrow.", "Student posted a photo with {}.",
)  # fmt: skip
HAS_ES = (
    "Tiene {} en su casillero.", "Dijo que va a traer {} mañana.", "Vi {} en su mochila", "HAY {} EN EL BAÑO",
    "Un estudiante subió una foto con {}.",
)  # fmt: skip
SAID = """\
He said he is going to shoot up the school.
She wrote that she will shoot everyone in third period.
He told him: I'll shoot you after school.
"I'm gonna shoot him," he yelled.
He made a list and says he's a shooter.
Heard gunshots near the parking lot.
He got shot on the way to school.
Shots fired outside the building.
His brother will come and shoot them.
There was a drive by in front of the school.
He pulled out his guns and pointed one at her.
He shot at a car in the parking lot.
They found ammo in his desk.
He had bullets in his pocket.
He said he'd blow up the school.
She wrote: I will blow this place up.
He wants to burn down the gym.
He said he would burn the school down, then laughed about the bombs.
They set fire to the trash in the restroom.
He called in a bomb threat.
The bomb is in room 204.
She said there are bombs under the stage.
He lit a fire in the restroom.
He set the trash can on fire.
Dijo que va a disparar en la escuela.
Escribió que les va a disparar a todos.
Me dijo: te voy a dar un tiro.
Se oyeron disparos afuera.
Hubo una balacera frente a la escuela.
Trajo balas en la mochila.
Le apuntó con la pistola de su papá.
Dice que su hermano lo va a balear.
Va a haber un tiroteo mañana, escribió.
Dijo que va a volar la escuela.
Amenazó con una bomba en la cafetería.
Va a quemar la escuela.
Prendió fuego en el baño.
Le prendieron fuego al bote de basura.
Quiere incendiar el gimnasio.
Dijo que va a hacer explotar el edificio.
He touched her without asking.
He touched my private parts.
She said he keeps touching her under the table.
He touched Maya’s chest in the hallway.
An older student groped her on the stairs.
He put his hand up her skirt.
He grabbed her butt and laughed.
They pulled down his pants in front of everyone.
He said he wants to rape her.
She was raped at a party.
He sent nudes of her to the group.
He exposed himself in the locker room.
He tried to kiss her and forced a kiss.
He rubbed against her in line.
She was sexually assaulted in the restroom.
Someone molested my friend.
He slapped her butt.
He touched his crotch and then touched hers.
La tocó sin su permiso.
Le tocó las nalgas en el pasillo.
Tocó a una niña en el baño.
Me tocó el pecho.
La manoseó en el autobús.
Le levantó la falda.
Le metió la mano debajo de la falda.
La violaron en una fiesta.
Le bajó los pantalones enfrente de todos.
Mandó fotos desnuda de ella.
La besó a la fuerza.
Le tocó sus partes íntimas.
Lo está tocando, dijo: la toca en clase.
Hubo abuso sexual.
Se masturbó en el salón.
""".splitlines()


def planted() -> list[str]:
    english = [frame.format(what) for frame, what in product(HAS_EN, (*GUNS_EN, *BOMBS_EN))]
    spanish = [frame.format(what) for frame, what in product(HAS_ES, (*GUNS_ES, *BOMBS_ES))]
    return [*english, *spanish, *SAID]


def ordinary(number: int, seed: int) -> list[tuple[str, str]]:
    """Return tiles and texts by the weights of the demo, half of them with an everyday sentence beside it."""
    rng = Random(seed)
    groups: dict[int, list[str]] = {}
    for row in csv.DictReader(CODES.read_text(encoding="utf-8").splitlines()):
        if row["code"] in PROFILES and row["group"]:
            groups.setdefault(int(row["group"]), []).append(row["code"])
    texts = []
    for _each in range(number):
        group = rng.choices(list(GROUP_WEIGHTS), list(GROUP_WEIGHTS.values()))[0]
        code = rng.choices(groups[group], [PROFILES[code].weight for code in groups[group]])[0]
        more = [rng.choice(EVERYDAY)] if rng.random() < 0.5 else []
        texts.append((PROFILES[code].tile, " ".join([PROFILES[code].what, *more])))
    return texts
