"""What is said for English lines: every kind of fault that was once heard, with lines around it."""

import pytest

from voiceact.text import speak


def said(line: str) -> str:
    return speak(line).spoken


def sentences(line: str) -> list[str]:
    return [" ".join(word.spoken for word in sentence.words) for sentence in speak(line).sentences]


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("Oh no.", "Oh no."),
        ("I said no.", "I said no."),
        ("The answer is no. 3 people left.", "The answer is no. three people left."),
        ("She replied no. 5 of us heard.", "She replied no. five of us heard."),
        ("The answer is on page no. 5.", "The answer is on page number five."),
        ("It's a yes or no.", "It's a yes or no."),
        ("Hmm…no.", "hmm…no."),
        ("I ate a fig.", "I ate a fig."),
        ("She was wed.", "She was wed."),
        ("We sat.", "We sat."),
        ("Look at the sun.", "Look at the sun."),
        ("On the mar.", "On the mar."),
        ("It was a work of art.", "It was a work of art."),
        ("He is my ex.", "He is my ex."),
        ("That was the op.", "That was the op."),
        ("The final sec.", "The final sec."),
        ("He plays on par.", "He plays on par."),
        ("The answer is no. Nobody came.", "The answer is no. Nobody came."),
        ("No. Never.", "No. Never."),
        ("See fig. 3 and vol. 2.", "See figure three and volume two."),
        ("It is no. 7.", "It is number seven."),
        ("No. 5 is alive.", "number five is alive."),
        ("Read ch. 4, p. 12.", "Read chapter four, page twelve."),
    ],
)
def test_a_full_stop_makes_no_abbreviation_of_a_word(line: str, spoken: str) -> None:
    assert said(line) == spoken


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("The book I read was long.", "The book I read was long."),
        ("the best part I remember", "the best part I remember"),
        ("Tell Peter I love him.", "Tell Peter I love him."),
        ("The chapter I wrote is gone.", "The chapter I wrote is gone."),
        ("That is the phase I hated.", "That is the phase I hated."),
        ("The class I took was full.", "The class I took was full."),
        ("It was the king I feared.", "It was the king I feared."),
        ("Did Mary I know you call?", "Did Mary I know you call?"),
        ("The level I want is out.", "The level I want is out."),
        ("That is the type I like.", "That is the type I like."),
        ("The stage I stood on broke.", "The stage I stood on broke."),
        ("Ask James I dare you.", "Ask James I dare you."),
        ("Peter I of Russia", "Peter the first of Russia"),
        ("World War I ended.", "World War one ended."),
        ("Chapter IV. The End.", "Chapter four. The End."),
        ("Henry VIII had six wives.", "Henry the eighth had six wives."),
        ("Act III, Scene ii.", "Act three, Scene two."),
        ("Super Bowl LVIII", "Super Bowl fifty eight"),
        ("Part XL", "Part forty"),
        ("Pope John Paul II", "Pope John Paul the second"),
        ("She and I.", "She and I."),
    ],
)
def test_the_pronoun_is_no_numeral_and_a_numeral_is_one(line: str, spoken: str) -> None:
    assert said(line) == spoken


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("HE SAID IT WAS US", "he said it was us"),
        ("IT'S", "it's"),
        ("OH NO!", "oh no!"),
        ("MY GOD", "my god"),
        ("NOOOO!", "No!"),
        ("GET OUT NOW!", "get out now!"),
        ("I AM NOT GOING!", "I am not going!"),
        ("WHO ARE YOU?", "who are you?"),
        ("STOP IT", "stop it"),
        ("You are SO late.", "You are so late."),
        ("That was AMAZING.", "That was amazing."),
        ("I said NEVER.", "I said never."),
        ("LET ME IN!", "let me in!"),
        ("DON'T YOU DARE!", "don't you dare!"),
        ("It is MINE.", "It is mine."),
        ("He chose US.", "He chose us."),
    ],
)
def test_capitals_are_words_with_emphasis(line: str, spoken: str) -> None:
    form = speak(line)
    assert form.spoken == spoken
    assert any(word.emphasis for word in form.words)


@pytest.mark.parametrize(("line", "emphasis"), [("NOOOO!", 1.0), ("Noooo!", 0.0), ("STOOOP!", 1.0), ("Stooop!", 0.0)])
def test_a_drawn_out_word_in_capitals_is_held_and_stressed(line: str, emphasis: float) -> None:
    [word] = speak(line).words
    assert word.held >= 1
    assert word.emphasis == emphasis


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("The LASER beam hit.", "The laser beam hit."),
        ("Bring the SCUBA gear.", "Bring the scuba gear."),
        ("A SONAR ping came.", "A sonar ping came."),
        ("The NASCAR race began.", "The nascar race began."),
    ],
)
def test_acronyms_are_words_without_stress(line: str, spoken: str) -> None:
    form = speak(line)
    assert form.spoken == spoken
    assert not any(word.emphasis for word in form.words)


@pytest.mark.parametrize(
    "line",
    [
        "the FBI",
        "the USA",
        "a DVD",
        "my CEO",
        "the BBC",
        "an ATM",
        "the US Army",
        "the IT department",
        "a PhD",
        "The CIA came.",
        "on TV",
        "the UN",
        "her IQ",
        "the MRI",
        "some HTML",
    ],
)
def test_initialisms_stay(line: str) -> None:
    form = speak(line)
    assert any(len(word.spoken) > 1 and word.spoken.isupper() for word in form.words), form.spoken
    assert not any(word.emphasis for word in form.words)


@pytest.mark.parametrize(
    "sound",
    ["Shh", "Grr", "Brr", "Mmmmm", "Hmm", "Psst", "Pfft", "Tsk", "Zzz", "Hmph", "Shhhhh", "Grrrr", "Argh", "Mhm", "Brrrr"],
)
def test_interjections_are_sounds(sound: str) -> None:
    (word,) = speak(f"{sound}!").words
    assert word.kind == "interjection"
    assert word.ipa
    assert word.spoken.lower() == sound.lower()


@pytest.mark.parametrize(
    ("line", "spoken", "repeats"),
    [
        ("W-what?", "what?", 1),
        ("N-no.", "no.", 1),
        ("P-please.", "please.", 1),
        ("B-b-but why?", "but why?", 2),
        ("Th-that's wrong.", "that's wrong.", 1),
        ("S-so cold.", "so cold.", 1),
        ("Wh-who?", "who?", 1),
        ("I d-don't know.", "I don't know.", 1),
        ("C-c-c-cold!", "cold!", 3),
        ("H-help me.", "help me.", 1),
        ("M-mother?", "mother?", 1),
        ("St-stop it.", "stop it.", 1),
        ("W...what?", "what?", 1),
    ],
)
def test_stutters_repeat_the_sound(line: str, spoken: str, repeats: int) -> None:
    form = speak(line)
    assert form.spoken.lower() == spoken.lower()
    assert max(word.stutter for word in form.words) == repeats


@pytest.mark.parametrize(
    "line",
    [
        "co-conspirator",
        "re-read it",
        "an e-mail",
        "a T-shirt",
        "an X-ray",
        "No-no.",
        "so-so",
        "I-I don't",
        "ha-ha",
        "twenty-two",
        "de-escalate",
        "pre-prepare",
        "do-over",
    ],
)
def test_what_only_looks_like_a_stutter_is_none(line: str) -> None:
    assert not any(word.stutter for word in speak(line).words)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Noooo", "no"),
        ("Stoooop", "stop"),
        ("Sooo", "so"),
        ("Yessss", "yes"),
        ("Whaaat", "what"),
        ("Pleeeease", "please"),
        ("Heyyy", "hey"),
        ("Looong", "long"),
        ("Waaaait", "wait"),
        ("Hellooo", "hello"),
        ("Reeeally", "really"),
        ("Gooood", "good"),
        ("Sooooon", "soon"),
        ("Weeell", "well"),
        ("Byeee", "bye"),
        ("Tooo", "too"),
    ],
)
def test_drawn_out_words_are_held(written: str, spoken: str) -> None:
    (word,) = speak(written).words
    assert word.spoken.lower() == spoken
    assert word.held > 0


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("−5 °C", "minus five degrees Celsius"),
        (".5 liters", "point five liters"),
        ("12,50 €", "twelve euros fifty cents"),
        ("50$", "fifty dollars"),
        ("911", "nine one one"),
        ("Agent 007", "Agent double oh seven"),
        ("50/50", "fifty fifty"),
        ("24/7", "twenty four seven"),
        ("~20 people", "about twenty people"),
        ("CO2", "CO two"),
        ("www.example.com", "WWW dot example dot com"),
        ("C#", "C sharp"),
        ("-12°F", "minus twelve degrees Fahrenheit"),
        ("+3", "plus three"),
        ("±2", "plus or minus two"),
        ("0.75", "zero point seven five"),
        ("€1,234.50", "one thousand two hundred and thirty four euros fifty cents"),
        ("£2.01", "two pounds one penny"),
        ("9,99 $", "nine dollars ninety nine cents"),
        ("3/4", "three quarters"),
        ("2½ cups", "two and a half cups"),
        ("100%", "one hundred percent"),
        ("C++", "C plus plus"),
        ("H2O", "H two O"),
        ("MP3", "MP three"),
        ("<5", "less than five"),
        ("≥10", "at least ten"),
        ("5*3", "five times three"),
        ("5 m", "five meters"),
        ("10 km²", "ten square kilometers"),
        ("2 tsp", "two teaspoons"),
        ("1 tbsp", "one tablespoon"),
        ("$5k", "five thousand dollars"),
        ("1.5M views", "one point five million views"),
        ("3:1", "three to one"),
        ("3-2", "three to two"),
        ("18+", "eighteen plus"),
        ("#1", "number one"),
        ("v2.0.1", "version two point zero point one"),
        ("555-1234", "five five five, one two three four"),
        ("jo@mail.org", "jo at mail dot org"),
        ("5'10\"", "five foot ten"),
        ("60 mph", "sixty miles per hour"),
        ("1/8", "one eighth"),
    ],
)
def test_signs_and_values(line: str, spoken: str) -> None:
    assert said(line) == spoken


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("1984", "nineteen eighty four"),
        ("2005", "two thousand five"),
        ("1900", "nineteen hundred"),
        ("1905", "nineteen oh five"),
        ("2024", "twenty twenty four"),
        ("the 1990s", "the nineteen nineties"),
        ("'80s", "eighties"),
        ("500 BC", "five hundred BC"),
        ("May 3rd, 1999", "May third, nineteen ninety nine"),
        ("3 May 2001", "the third of May two thousand one"),
        ("12/25/1999", "December twenty fifth nineteen ninety nine"),
        ("2024-01-05", "January fifth twenty twenty four"),
        ("Jan. 5, 2024", "January fifth, twenty twenty four"),
        ("10:30", "ten thirty"),
        ("7:05 a.m.", "seven oh five AM."),
        ("5pm", "five PM"),
        ("12:00", "twelve o'clock"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("21st", "twenty first"),
        ("112th", "one hundred twelfth"),
        ("1990-95", "nineteen ninety to ninety five"),
        ("10–20.", "ten to twenty."),
        ("pages 3-5", "pages three to five"),
        ("Room 101", "Room one oh one"),
    ],
)
def test_dates_times_and_numbers(line: str, spoken: str) -> None:
    assert said(line) == spoken


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("No. 5 is alive.", 1),
        ("The U.S. Army", 1),
        ("Jan. 5, 2024", 1),
        ("Mr. Smith came.", 1),
        ("Dr. J. R. Smith is in.", 1),
        ("J. K. Rowling wrote it.", 1),
        ("He lives on Main St. in town.", 1),
        ("e.g. this one", 1),
        ("It weighs 3.5 kg.", 1),
        ("Go to example.com now.", 1),
        ("“No,” he said.", 1),
        ('"Stop!" he said.', 1),
        ("St. John is here.", 1),
        ("Vitamin C. Plan B. Mr. T.", 3),
        ("So am I. You too.", 2),
        ("At 5 p.m. He left.", 2),
        ("I live in the U.S. It is big.", 2),
        ("We like option B. Then go.", 2),
        ("Really? Yes! No.", 3),
        ("Wait… No.", 2),
        ("One.\n\nTwo.", 2),
        ("It ended etc. The rest is old.", 2),
        ('"Hi." She left.', 2),
    ],
)
def test_sentences_end_where_they_end(text: str, count: int) -> None:
    assert len(sentences(text)) == count, sentences(text)


@pytest.mark.parametrize(
    "text",
    [
        "Chapter One\n\nThe lamp went out.",
        "One.\n\n\nTwo.",
        "A line\n \t\nanother",
        "First!\r\n\r\nSecond.",
        "x\n\n*sighs*\n\ny",
        "Hm…\n\nNo.",
        '"Go."\n\n"No."',
        "Plan B\n\nPlan C",
        "5 kg\n\n6 kg",
        "Dr.\n\nLee",
    ],
)
def test_an_empty_line_is_a_pause(text: str) -> None:
    first = speak(text).sentences[0]
    assert first.pause == "paragraph"
    assert len(speak(text).sentences) == 2


def test_one_line_end_is_none() -> None:
    assert [sentence.pause for sentence in speak("The lamp\nwent out.").sentences] == ["sentence"]


@pytest.mark.parametrize(
    ("text", "spoken"), [("a hap-\npy day", "a happy day"), ("won-\n  derful", "wonderful"), ("un-\r\nder it", "under it")]
)
def test_a_word_broken_over_a_line_end_is_one(text: str, spoken: str) -> None:
    assert said(text.replace("\r\n", "\n")) == spoken


@pytest.mark.parametrize(
    ("line", "word", "sound"),
    [
        ("I read it yesterday.", "read", "ɹˈɛd"),
        ("I will read it.", "read", "ɹˈid"),
        ("a lead pipe", "lead", "lˈɛd"),
        ("lead the way", "lead", "lˈid"),
        ("live music", "live", "lˈaɪv"),
        ("I live here.", "live", "lˈɪv"),
        ("the wind blows", "wind", "wˈɪnd"),
        ("wind the clock", "wind", "wˈaɪnd"),
        ("a tear fell", "tear", "tˈɪɹ"),
        ("tear it up", "tear", "tˈɛɹ"),
        ("take a bow", "bow", "bˈaʊ"),
        ("bow and arrow", "bow", "bˈoʊ"),
        ("close the door", "close", "klˈoʊz"),
        ("so close", "close", "klˈoʊs"),
        ("a gunshot wound", "wound", "wˈund"),
        ("she wound up here", "wound", "wˈaʊnd"),
        ("a minute detail", "minute", "maɪnjˈut"),
        ("wait a minute", "minute", "mˈɪnət"),
        ("he dove into the sea", "dove", "dˈoʊv"),
        ("a white dove", "dove", "dˈʌv"),
        ("no excuse", "excuse", "ɪkskjˈus"),
        ("excuse me", "excuse", "ɪkskjˈuz"),
        ("they object to it", "object", "əbdʒˈɛkt"),
        ("they desert us", "desert", "dɪzˈɜɹt"),
        ("the desert sand", "desert", "dˈɛzɚt"),
        ("Polish people", "polish", "pˈoʊlɪʃ"),
        ("polish the shoes", "polish", "pˈɑlɪʃ"),
        ("human lives", "lives", "lˈaɪvz"),
        ("he lives here", "lives", "lˈɪvz"),
        ("he caught a bass in the lake", "bass", "bˈæs"),
        ("a bass guitar", "bass", "bˈeɪs"),
    ],
)
def test_homographs_by_their_neighbours(line: str, word: str, sound: str) -> None:
    assert next(found.ipa for found in speak(line).words if found.spoken.lower() == word) == sound
