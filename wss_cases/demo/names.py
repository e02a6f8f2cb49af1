"""Invented people: given and family names of many languages, put together at random so that nobody is meant.

They are in scripts that the fonts of a plain machine have: Latin, Cyrillic and Arabic.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Culture:
    """Names that go together, what such a family may speak at home, and how often it is met (of 100)."""

    weight: int
    language: str
    speaks_it: float
    races: tuple[str, ...]
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    families: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


CULTURES = (
    Culture(26, "en", 0.0, ("black",),
        _words("Aniyah, Brielle, Camryn, Destiny, Ebony, Imani, Jada, Kiara, Laila, Nevaeh, Raven, Skylar, Tamia, "
               "Zuri"),
        _words("Amari, Darius, DeShawn, Elijah, Isaiah, Jaylen, Kameron, Malik, Marquis, Terrell, Tyrese, Xavier, "
               "Zaire"),
        _words("Banks, Bowdrie, Calloway, Dorsette, Ellison, Fairbanks, Gaines, Hollis, Ivery, Kingsley, Langford, "
               "McCray, Pettigrew, Ruffin, Sutton, Thibodeaux, Weathersby")),
    Culture(34, "es", 0.7, ("hispanic",),
        _words("Ximena, Guadalupe, Yaretzi, Renata, Itzel, Camila, Noemí, Ángela, Belén, Citlali, Dulce, Jimena, "
               "Maité, Sofía"),
        _words("Adrián, Bruno, César, Diego, Emiliano, Fermín, Gael, Héctor, Iván, Joaquín, Leonel, Matías, Óscar, "
               "Rubén"),
        _words("Arriaga, Ballesteros, Cárdenas, de la Cruz, Elizondo, Fuentes, Galván, Herrera, Ibáñez, Jaramillo, "
               "Lozano, Muñoz, Núñez, Ochoa, Peña, Quiñones, Rendón, Santillán, Treviño, Zúñiga")),
    Culture(11, "en", 0.0, ("white",),
        _words("Abigail, Bridget, Caroline, Eleanor, Fiona, Hannah, Maeve, Nora, Rose, Willa"),
        _words("Brendan, Caleb, Declan, Finn, Graham, Henry, Liam, Owen, Seán, Wyatt"),
        _words("Ashdown, Brennan, D’Angelo, Fitzwarren, Hargrove, Kessler, Lindqvist, MacAllen, O'Dwyer, Ó Faoláin, "
               "Pemberton, Sørensen, Whitlock")),
    Culture(7, "pl", 0.6, ("white",),
        _words("Agnieszka, Bożena, Ewa, Hanna, Jagoda, Kasia, Łucja, Małgorzata, Zofia, Żaneta"),
        _words("Bartłomiej, Dominik, Grzegorz, Jakub, Łukasz, Mateusz, Paweł, Szymon, Wojciech, Zbigniew"),
        _words("Białkowska, Dąbrowiecki, Gołębiowski, Jędrzejczak, Król, Łaszczyk, Michałowicz, Pszczółkowski, "
               "Świątek, Żurawski")),
    Culture(3, "uk", 0.8, ("white",),
        _words("Oksana, Solomiya, Дарина, Злата, Марічка, Yaryna, Kvitka"),
        _words("Bohdan, Taras, Назар, Остап, Yurii, Oleksa, Матвій"),
        _words("Бондаренко, Hrytsenko, Kovalchuk, Левченко, Melnychuk, Petrenko, Шевчук")),
    Culture(4, "ar", 0.7, ("white", "two_or_more"),
        _words("Amal, Dalal, Hanan, ليلى, نور, Rania, Samar, Yasmin"),
        _words("Anas, Basel, حمزة, Idris, Khaled, عمر, Tariq, Zaid"),
        _words("Al-Barqawi, El-Hadidi, الخطيب, Haddadin, Mansouri, النجار, Qasem, Shahin")),
    Culture(3, "ur", 0.7, ("asian",),
        _words("Ayesha, Hira, Mahnoor, Sadia, زینب, Zara"),
        _words("Bilal, Faizan, Hamza, Saad, علی, Usman"),
        _words("Ansari, Bukhari, Chaudhry, Gilani, Qureshi, Siddiqui, Warsi")),
    Culture(4, "zh", 0.7, ("asian",),
        _words("Meiling, Yutong, Jiayi, Meilin, Xinyi, Yuhan, Sihan"),
        _words("Haoyu, Zixuan, Haoran, Junjie, Wenbo, Zihao, Chenxi"),
        _words("Chen, Lin, Zhao, Huang, Lü, Zhou, Ouyang, Luo")),
    Culture(2, "vi", 0.7, ("asian",),
        _words("Bích Ngọc, Hương, Khánh Linh, Mỹ Duyên, Thảo, Tuyết"),
        _words("Đức, Hoàng, Minh Khôi, Quang, Tuấn, Vĩnh"),
        _words("Đặng, Huỳnh, Lê, Ngô, Phạm, Trần, Vũ")),
    Culture(3, "yo", 0.5, ("black",),
        _words("Adébáyọ̀, Fọláṣadé, Ìfẹ́olúwa, Morẹ́nikẹ́, Títílayọ̀, Yétúndé"),
        _words("Adéwálé, Babátúndé, Káyọ̀dé, Olúwaṣeun, Ṣẹ́gun, Táíwò"),
        _words("Adéyẹmí, Akíntọ́lá, Balógun, Fálàná, Ògúndélé, Ṣóyínká-Bello")),
    Culture(2, "en", 0.0, ("asian", "pacific_islander", "two_or_more"),
        _words("Ah-young, Ananya, Kavya, Leilani, Malia, Priya, Siew Ling"),
        _words("Arjun, Dae-hyun, Kekoa, Nikhil, Rohan, Vihaan, Wei Jie"),
        _words("Balasubramanian, Cho, Deshmukh, Kapahu, Patwardhan, Ryu, Subramaniam-Iyer")),
    Culture(1, "en", 0.0, ("american_indian", "two_or_more"),
        _words("Aiyana, Kaya, Nizhoni, Tallulah, Winona"),
        _words("Ahanu, Chayton, Elan, Mato, Takoda"),
        _words("Begaye, Stillwater, Two Feathers, Whitecloud, Yellowhorse")),
)  # fmt: skip
_WEIGHTS = tuple(culture.weight for culture in CULTURES)
SHORT = _words("AJ, Bee, CJ, Dee, Ellie, Gabi, JJ, Kit, Lu, Max, Mimi, Nico, Remy, Sam, Teo, Zee")
"""Names that some prefer to their first."""


@dataclass(frozen=True)
class Name:
    """One invented person's names."""

    given: str
    family: str
    sex: str
    culture: Culture


def culture_of(rng: Random) -> Culture:
    """Draw what family a person comes from."""
    return rng.choices(CULTURES, _WEIGHTS)[0]


def name_of(rng: Random, culture: Culture | None = None, family: str | None = None) -> Name:
    """Draw one person, in a given family where one is given."""
    culture = culture or culture_of(rng)
    is_girl = rng.random() < 0.5
    given = rng.choice(culture.girls if is_girl else culture.boys)
    if family is None:
        family = rng.choice(culture.families)
        if culture.language == "es" and rng.random() < 0.4:
            family = f"{family} {rng.choice(culture.families)}"
        elif rng.random() < 0.04:
            family = f"{family}-{rng.choice(culture_of(rng).families)}"
    sex = "other" if rng.random() < 0.006 else ("female" if is_girl else "male")
    return Name(given, family, sex, culture)
