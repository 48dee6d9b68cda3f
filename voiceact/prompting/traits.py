"""Words that say how somebody sounds: each with what it does to a voice and a manner.

Sizes are voiceact's own choice: one clear step of each quantity, well above what a listener can just tell
(docs/persona.md lists the just noticeable differences).
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["age", "gender", "pitch", "pace", "loudness", "melody", "timbre", "manner", "profession", "accent"]


@dataclass(frozen=True, slots=True)
class Trait:
    """What one word says.

    Attributes:
        kind: of what it speaks
        age: years; None where it says nothing of age
        gender: how the voice presents; empty where it says nothing of it
        voice: key of `Voice` to change: "f0_hz" in semitones, "rate", "pause", "tract" and "f0_range" as factors,
            "loudness" and "tilt" in dB, the rest as shares
        expressiveness: factor of how strongly feelings show
        shows: category or keyword to how much more (above 1) or less (below 1) than others it is shown
        tags: what the persona is cast for
    """

    kind: Kind
    age: int | None = None
    gender: str = ""
    voice: dict[str, float] = field(default_factory=dict)
    expressiveness: float = 1.0
    shows: dict[str, float] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


_TRAITS: dict[str, Trait] = {}


def _add(words: str, trait: Trait) -> None:
    for word in words.split(","):
        _TRAITS[" ".join(word.split())] = trait


def traits() -> dict[str, Trait]:
    """Return every word or phrase of up to three words with what it says."""
    return _TRAITS


# --- Age and gender

for _words, _age, _gender in (
    ("man, guy, gentleman, bloke, chap, fellow, male, masculine, sir, husband, father, dad, daddy, uncle, brother, lord, "
     "king, prince, duke, emperor, wizard, sorcerer, warlock, monk, butler, cowboy, waiter, fisherman, policeman, salesman, "
     "nobleman, businessman, son, stepfather, godfather, boyfriend, groom, hero, knight, craftsman, lumberjack, dude, manly, "
     "handyman, fireman, cameraman, patriarch, baron, count, squire", None, "male"),
    ("woman, lady, female, feminine, madam, wife, mother, mum, mom, mommy, mummy, aunt, auntie, sister, queen, princess, "
     "duchess, empress, witch, sorceress, nun, maid, waitress, actress, diva, policewoman, saleswoman, noblewoman, "
     "businesswoman, daughter, stepmother, godmother, girlfriend, bride, heroine, goddess, hostess, landlady, housewife, "
     "seamstress, midwife, matriarch, baroness, countess, priestess, ballerina, gal, womanly", None, "female"),
    ("androgynous, nonbinary, non binary, genderless, sexless, gender neutral, agender, robot, android, cyborg", None,
     "androgynous"),
    ("boy, lad, schoolboy, little boy", 9, "male"), ("girl, lass, schoolgirl, little girl", 9, "female"),
    ("teenage boy, teen boy, young lad", 15, "male"), ("teenage girl, teen girl", 15, "female"),
    ("young man, youth, young guy, young gentleman", 23, "male"), ("young woman, young lady, maiden", 23, "female"),
    ("old man, old gentleman, old guy, elderly man, old fellow, old chap, old geezer, geezer, codger", 76, "male"),
    ("old woman, old lady, elderly woman, elderly lady, crone, hag, old dear", 76, "female"),
    ("grandpa, grandfather, granddad, grandad, gramps, grampa, granddaddy", 76, "male"),
    ("grandma, grandmother, granny, nana, gran, grandmama, nan", 75, "female"),
    ("great grandfather, great grandpa", 90, "male"), ("great grandmother, great grandma", 90, "female"),
    ("toddler, infant", 3, ""), ("small child, little child, little kid, preschooler, kindergartner", 5, ""),
    ("child, kid, youngster, pupil, schoolchild, childlike", 8, ""), ("preteen, tween", 11, ""),
    ("teenager, teen, teenage, adolescent, high schooler", 15, ""), ("young, youthful", 23, ""),
    ("young adult, twenty something, student, college student, millennial", 22, ""), ("thirty something", 34, ""),
    ("adult, grown up, grown", 36, ""), ("middle aged, mid life, forty something", 48, ""), ("mature", 52, ""),
    ("old, elderly, aged, senior, elder, pensioner, white haired, grey haired, gray haired", 75, ""),
    ("very old, ancient, age old, centenarian, wizened, decrepit, frail old", 88, ""), ("retired", 69, ""),
    ("older, oldish, aging, ageing, veteran, greying", 62, ""),
    *(
        (", ".join(f"{part}{decade}" for part in parts), start + years, "")
        for start, decade in zip(
            range(10, 100, 10),
            ("teens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"),
            strict=True,
        )
        for parts, years in ((("in ",), 5), (("early ", "in early "), 2), (("mid ", "in mid "), 5), (("late ", "in late "), 8))
    ),
    ("twentysomething", 24, ""), ("thirtysomething", 34, ""), ("fortysomething", 45, ""), ("fiftysomething", 55, ""),
    ("voice breaking, breaking voice", 13, "male"),
):  # fmt: skip
    _add(_words, Trait("gender" if _gender and _age is None else "age", _age, _gender))
_add(
    "devil, headmaster, schoolmaster, abbot, stepbrother, grandson, nephew, godson, bachelor, widower",
    Trait("gender", gender="male"),
)
_add("headmistress, schoolmistress, abbess, stepsister, granddaughter, niece, enchantress, widow, spinster, mermaid",
     Trait("gender", gender="female"))  # fmt: skip

# --- Pitch, pace, loudness, melody

for _words, _voice in (
    ("deep, deep voiced, low voice, low voiced, low pitched, low, deep set", {"f0_hz": -3.0, "tract": 1.02}),
    ("bass, basso, sepulchral, subterranean", {"f0_hz": -4.5, "tract": 1.03}),
    ("baritone, contralto, alto, lowish", {"f0_hz": -2.5}),
    ("tenor, mezzo, highish", {"f0_hz": 2.0}),
    ("high, high pitched, high voice, high voiced, soprano, falsetto, piping, fluting", {"f0_hz": 3.5}),
    ("tinkling, tiny voice, tiny", {"f0_hz": 3.0, "tilt": 0.6, "tract": 0.97}),
    ("rumbling, cavernous", {"f0_hz": -2.5, "tract": 1.02}),
    ("squeaky, chirpy voice, squeaking, mousy", {"f0_hz": 5.0, "tilt": 0.8, "tract": 0.97}),
    ("shrill, screechy, piercing, strident", {"f0_hz": 4.0, "tilt": 1.5}),
    ("childish voice, girlish, boyish", {"f0_hz": 2.5, "tract": 0.96}),
):
    _add(_words, Trait("pitch", voice=_voice))
for _words, _voice in (
    ("slow, slowly, slow talking, slow spoken, unhurried, leisurely, plodding, ponderous, sluggish, lumbering, languid, "
     "slow speaking, takes time, taking time, lethargic", {"rate": 0.82, "pause": 1.3}),
    ("drawling, drawl, drawls, draws out words", {"rate": 0.8, "pause": 1.2}),
    ("measured, deliberate, deliberately, steady paced, halting", {"rate": 0.89, "pause": 1.3}),
    ("fast, fast talking, fast spoken, quick, quickly, rapid, rapidly, rapid fire, hurried, speedy, talks fast, swift, "
     "fast speaking, quick talking, rushed, motor mouthed, motormouth, rattling", {"rate": 1.2, "pause": 0.75}),
    ("breakneck, hyper, hyperactive, frantic, machine gun", {"rate": 1.28, "pause": 0.6}),
    ("brisk, briskly, snappy, clipped, crisp pace, pacy, chatty, talkative, breathlessly excited",
     {"rate": 1.12, "pause": 0.85}),
):  # fmt: skip
    _add(_words, Trait("pace", voice=_voice))
for _words, _voice in (
    (
        "quiet, soft spoken, softly spoken, quietly spoken, hushed, low key, mumbling, murmuring, hardly raises voice, "
        "never raises voice, barely raises voice",
        {"loudness": -4.0, "tilt": -0.6},
    ),
    ("soft, soft voice", {"loudness": -3.0, "tilt": -0.6, "breath": 0.12}),
    ("whispery, whispering", {"loudness": -5.0, "breath": 0.6}),
    ("loud, loud mouthed, bellowing, thunderous, shouty, boisterous, blaring, stentorian", {"loudness": 5.0, "tilt": 0.8}),
    ("booming", {"loudness": 5.0, "f0_hz": -2.5, "tract": 1.02}),
):
    _add(_words, Trait("loudness", voice=_voice))
for _words, _range in (
    ("monotone, monotonous, flat, droning, deadpan, robotic, mechanical, toneless, wooden", 0.5),
    ("level, even, matter of fact, restrained", 0.75),
    ("lively, animated, vivacious, melodious, melodic, lilting, bubbly, expressive", 1.25),
    ("sing song, singsong, theatrical, swooping, musical, operatic", 1.45),
):
    _add(_words, Trait("melody", voice={"f0_range": _range}))

# --- Timbre

for _words, _voice in (
    ("raspy, rasping, rasp, scratchy, rough, rough voiced, sandpaper", {"rough": 0.32}),
    ("hoarse, croaky, croaking, throaty", {"rough": 0.3, "breath": 0.15}),
    ("gravelly, gravel, growly, growling, gruff, grizzled", {"rough": 0.3, "creak": 0.3, "f0_hz": -1.0}),
    ("creaky, creaking, vocal fry, crackling", {"creak": 0.5}),
    ("husky, smoky, smokey, whisky, whiskey, sultry", {"breath": 0.25, "rough": 0.1, "creak": 0.12, "tilt": -0.7}),
    ("breathy, airy, wispy, breathless, feathery, ethereal", {"breath": 0.45}),
    ("wheezy, wheezing, asthmatic", {"breath": 0.4, "rough": 0.12}),
    ("shaky, quavering, quavery, trembling, tremulous, wavering, wobbly, quivering, frail, feeble", {"tremor": 0.35}),
    ("harsh, grating, abrasive", {"rough": 0.22, "tilt": 1.0}),
    ("velvety, velvet, silky, smooth, mellow, buttery, honeyed, creamy, rich", {"tilt": -0.8, "breath": 0.06}),
    ("warm, warm voiced, rounded", {"tilt": -0.6}), ("dark, sombre, somber, muffled, hollow", {"tilt": -1.0}),
    ("bright, clear, ringing, crystal, silvery, sparkling, crisp", {"tilt": 0.7}),
    ("nasal, whiny, whining, reedy, pinched", {"tilt": 1.0, "tract": 0.98}),
    ("thin, tinny, metallic, sharp", {"tilt": 1.2}),
    ("resonant, sonorous, full bodied, full, orotund, big", {"tilt": -0.4, "tract": 1.02}),
    ("nervous stammer, stammering, stuttering", {"pause": 1.3}),
):  # fmt: skip
    _add(_words, Trait("timbre", voice=_voice))

# --- Manner

for _words, _expressiveness, _voice, _shows in (
    ("grumpy, grouchy, cranky, crabby, surly, cantankerous, curmudgeonly, crotchety, ill tempered",
     1.1, {}, {"Irritation": 1.5}),
    ("lovable, loveable, kind, kindly, kind hearted, sweet, loving, warm hearted, tender, caring, motherly, fatherly, "
     "affectionate, good natured, gentle, compassionate", 1.0, {"tilt": -0.2}, {"Affection": 1.4, "Malice": 0.6}),
    ("cheerful, jolly, merry, happy, sunny, joyful, cheery, upbeat, bubbly, chirpy, perky",
     1.2, {"f0_range": 1.12}, {"Elation": 1.3}),
    ("sad, melancholy, melancholic, gloomy, mournful, sorrowful, depressed, lonely",
     1.0, {"f0_range": 0.9}, {"Sadness": 1.4}),
    ("shy, timid, bashful, meek, awkward, self conscious", 0.85, {"loudness": -2.0}, {"Embarrassment": 1.5}),
    ("nervous, anxious, worried, jittery, fidgety, neurotic, worrying", 1.15, {}, {"Distress": 1.4, "Fear": 1.3}),
    ("calm, serene, composed, placid, peaceful, collected, unflappable, relaxed, laid back", 0.75, {}, {"Contentment": 1.2}),
    ("stoic, unemotional, reserved, stolid, taciturn, cold, aloof, distant, icy, emotionless", 0.55, {"f0_range": 0.88}, {}),
    ("dramatic, melodramatic, flamboyant, over the top, hysterical, eccentric, extravagant", 1.6, {"f0_range": 1.15}, {}),
    ("sarcastic, sardonic, ironic, dry, snarky, sassy, cynical, jaded, world weary",
     0.95, {}, {"Contempt": 1.3, "Bitterness": 1.3}),
    ("arrogant, haughty, snobbish, pompous, smug, conceited, vain, snooty, posh, imperious",
     1.0, {}, {"Contempt": 1.4, "Pride": 1.4}),
    ("proud, dignified, noble, regal, majestic, stately", 0.95, {}, {"Pride": 1.4}),
    ("tired, weary, exhausted, sleepy, worn out, worn, drowsy, burnt out", 0.85, {"rate": 0.95}, {"Fatigue": 1.5}),
    ("angry, hot tempered, hot headed, aggressive, fierce, fiery, irascible, bad tempered", 1.2, {}, {"Anger": 1.5}),
    ("stern, strict, severe, authoritative, commanding, no nonsense, bossy, firm",
     0.8, {"f0_range": 0.9}, {"Disapproval": 1.3}),
    ("wicked, evil, sinister, villainous, menacing, cruel, malicious, devious, scheming, ruthless", 1.0, {}, {"Malice": 1.6}),
    ("playful, mischievous, cheeky, impish, naughty, witty, funny, humorous, silly, goofy",
     1.2, {}, {"Teasing": 1.4, "Amusement": 1.3}),
    ("curious, inquisitive, nosy, questioning", 1.05, {}, {"Interest": 1.4}),
    ("wise, thoughtful, philosophical, pensive, learned, scholarly, contemplative",
     0.9, {"pause": 1.15}, {"Contemplation": 1.4}),
    ("brave, courageous, heroic, bold, determined, confident, fearless, tough, strong, hardened",
     1.0, {}, {"Courage": 1.3, "Fear": 0.6}),
    ("energetic, enthusiastic, excited, excitable, eager, passionate, hyped", 1.3, {"f0_range": 1.15}, {"Enthusiasm": 1.4}),
    ("mysterious, enigmatic, secretive, dreamy, otherworldly", 0.9, {}, {"Awe": 1.3}),
    ("jealous, envious, possessive",
     1.1, {}, {"Jealousy": 1.5}), ("bitter, resentful, embittered", 1.0, {}, {"Bitterness": 1.5}),
    ("romantic, flirtatious, seductive, charming, coy", 1.05, {}, {"Infatuation": 1.4}),
    ("drunk, drunken, tipsy, boozy", 1.1, {}, {"Intoxication": 1.5}),
    ("stubborn, tender hearted, friendly, polite, honest, humble, modest, patient, clever, naive, rude, brash, blunt, lazy, "
     "busy, rich, poor, lonely hearted, faithful, loyal, cunning, sly, suspicious, paranoid, hopeful, optimistic, "
     "pessimistic, professional, trustworthy, reassuring, sincere, quirky, weird, creepy, tormented, haunted", 1.0, {}, {}),
):  # fmt: skip
    _add(_words, Trait("manner", voice=_voice, expressiveness=_expressiveness, shows=_shows))

# --- Professions: what they are cast for

for _words, _tags in (
    ("nurse, doctor, surgeon, therapist, psychologist, carer, caretaker, paramedic, social worker, medic, vet, "
     "healer, midwife, "
     "babysitter, nanny", ("care", "work")),
    ("teacher, professor, tutor, librarian, lecturer, scholar, schoolteacher, headmaster, coach, trainer, "
     "instructor, student, "
     "pupil", ("school",)),
    ("soldier, general, sergeant, captain, officer, sheriff, judge, policeman, detective, guard, commander, "
     "president, mayor, "
     "boss, king, queen, pilot, admiral, colonel, major, knight, bodyguard, warden", ("authority", "work")),
    ("sailor, pirate, fisherman, farmer, carpenter, mechanic, plumber, miner, blacksmith, builder, "
     "truck driver, taxi driver, "
     "driver, bus driver, locksmith, gardener, cook, chef, baker, butcher, barista, bartender, waiter, waitress, shopkeeper, "
     "salesman, salesperson, clerk, secretary, accountant, lawyer, engineer, scientist, programmer, journalist, "
     "receptionist, "
     "flight attendant, electrician, lumberjack, hunter, shepherd, innkeeper, merchant, thief, assassin, spy, "
     "gangster, cowboy, "
     "lighthouse keeper, butler, maid, housekeeper, astronaut, dispatcher, banker", ("work",)),
    ("storyteller, narrator, poet, writer, wizard, witch, elf, dwarf, goblin, ghost, vampire, dragon, fairy, demon, troll, "
     "giant, ogre, princess, prince, sorcerer, villain, hero, alien, android, robot, fortune teller, bard, "
     "monster", ("story",)),
    ("singer, actor, actress, comedian, dancer, musician, radio host, dj, presenter, announcer, newsreader, news anchor, "
     "newscaster, commentator, moderator, podcaster, host, diva, influencer, artist, painter", ("work", "story")),
    ("priest, monk, nun, bishop, preacher, pastor, vicar, rabbi, imam, pope", ("care", "story")),
    ("athlete, footballer, boxer, wrestler, runner, referee, cyclist", ("sport",)),
    ("neighbour, neighbor, friend, cousin, roommate, gossip", ("friends", "home")),
):  # fmt: skip
    for _word in _words.split(","):
        _name = " ".join(_word.split())
        if _name in _TRAITS:
            _known = _TRAITS[_name]
            _TRAITS[_name] = Trait("gender" if _known.gender else "profession", _known.age, _known.gender, tags=_tags)
        else:
            _TRAITS[_name] = Trait("profession", tags=_tags)

PROFESSIONS = frozenset(name for name, trait in _TRAITS.items() if trait.tags)

_add(
    "british, english, american, scottish, irish, welsh, australian, canadian, indian, french, german, spanish, "
    "italian, russian, "
    "texan, southern, cockney, new york, brooklyn, jamaican, nigerian, south african, swedish, norwegian, dutch, polish, "
    "chinese, japanese, mexican, brazilian, arabic, turkish, greek, northern, yorkshire, cornish, boston, "
    "midwestern, bavarian, "
    "austrian, swiss, oxford, transatlantic, caribbean, kiwi, korean, portuguese, danish, finnish, hungarian, czech, scouse, "
    "geordie, foreign, rural, posh accent",
    Trait("accent"),
)
