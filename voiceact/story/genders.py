"""Whether a name is a woman's or a man's, by its title, its common noun or its given name."""

import re

_FEMALE = frozenset(
    "mrs ms miss lady madam madame queen princess mother mum mama grandmother grandma aunt auntie sister daughter "
    "girl woman wife widow witch duchess countess nurse maid hostess mistress nun anna anne ann mary maria martha "
    "alice elizabeth jane emma sarah sara lucy clara rose ruth julia julie kate katherine catherine margaret helen "
    "ellen grace eva eve ella lily laura lydia charlotte sophie sophia susan amy beth meg jo dorothy nora molly "
    "polly wendy peggy betty nancy harriet agnes marianne elinor rebecca rachel hannah esther lena mina irene olga "
    "natasha sonia isabella gretel heidi minnie hetty hattie ida ada amelia amanda adele agatha angela beatrice "
    "bella bertha bess bridget catharine cecilia celia christina clarissa cora cordelia daisy deborah delia diana "
    "dinah edith effie eleanor eliza ellie elsie emily emmeline enid ethel eugenia evelyn fanny felicity flora "
    "florence frances georgiana gertrude gladys gwendolen henrietta hester hilda hope irma isabel ivy jean jenny "
    "jessie joan josephine joanna judith juliet katie kathleen kitty leah lizzie lois lottie louisa louise mabel "
    "maggie marian marjorie matilda maud mavis mildred millicent muriel nell nellie nina octavia olive olivia "
    "ophelia pamela patience pauline penelope phoebe prudence rhoda rosa rosalind rosamund sally selina sheila "
    "stella sylvia tabitha teresa tess theresa tilly ursula vera veronica victoria viola violet virginia winifred "
    "yvonne zelda niece heroine landlady lass maiden actress empress goddess ma".split()
)
_MALE = frozenset(
    "mr sir lord king prince father dad papa grandfather grandpa uncle brother son boy man husband widower wizard "
    "duke count monk gentleman master fellow lad tom thomas john jack james william will bill henry harry george "
    "charles charlie edward ned robert bob peter paul david daniel samuel sam ben benjamin joseph joe michael mike "
    "simon mark luke matthew adam arthur albert alfred frank fred frederick philip richard dick walter oliver oscar "
    "sherlock watson holmes jim tim timothy toby hans hansel karl otto ivan boris anton victor hugo scrooge huck "
    "jonathan stephen andrew alexander jeb walt abel abner abraham alan alec alex allan ambrose amos angus anthony "
    "archibald arnold barnaby bartholomew basil bernard bertram caleb cecil christopher clarence claude clement "
    "clifford conrad cornelius cuthbert cyril dennis dominic donald douglas duncan ebenezer edgar edmund edwin "
    "elijah eric ernest eugene ezra felix ferdinand francis gabriel geoffrey gerald gilbert gregory guy harold "
    "hector herbert herman horace howard hubert humphrey isaac jacob jake jasper jeremiah jeremy jerome jonah "
    "josiah julian julius kenneth laurence lawrence leonard leopold lewis lionel louis marcus martin matt maurice "
    "maxwell miguel miles montague moses nathan nathaniel neville nicholas nick nigel noah norman obadiah owen "
    "patrick percy peregrine perry pip quentin ralph raymond reginald rodney roger roland ronald rufus rupert "
    "samson saul sebastian septimus silas solomon stanley steven sydney ted terence theodore timon titus tobias "
    "vincent vernon wilfred winston deacon colonel reverend parson pa padre squire sire chap bloke nephew groom "
    "butler footman sailor".split()
)

PERSON_NOUNS = frozenset("lady woman girl lass maiden widow nurse nun man boy gentleman fellow lad monk sailor".split())
"""by which somebody without a name is brought in, each in one of the lists above"""


def gender_of(name: str) -> str:
    """Return "female", "male" or, where no word of a name says it, ""."""
    words = set(re.findall(r"[^\W\d_]+", name.casefold()))
    female, male = bool(words & _FEMALE), bool(words & _MALE)
    return "" if female == male else "female" if female else "male"
