"""Short forms of given names in English, French, German and Italian. Own table: a line is a name and what it is called.

A short form may belong to several names (Alex); two full names are never taken for each other because of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from cloud.clienteling.identity.normal import name

_TABLE: Final = """
alexander alex sandy sascha xander alec
alexandra alex sandra sandy sascha
alexandre alex sacha
alessandro alex sandro ale
alessandra alex sandra ale
alfred alf fred fredi
andrew andy drew
andreas andi andy
angela angie
anna anni annie anja
anne annie nan
anthony tony
antoine toine
antoinette toinette
antonio toni tonio
barbara barb barbie babs babsi
beatrice bea
benedikt bene
benedetta benny
benjamin ben benji benny
bernard bernie
bernhard bernd
carlo carletto
caroline caro carrie
carolina caro
catherine cathy kate cat cath
katherine kathy kate katie kat kathryn
katharina kathi katja kati
charles charlie chuck chas charly
charlotte charlie lotte lottie charly
christian chris christl
christiane chris
christine chris chrissie christl tina
christina chris tina
christopher chris kit topher
christophe chris
claudia claudi
daniel dan danny dani
daniela dani
daniele dani
david dave davy
deborah deb debbie
dominique domi
donald don donnie
dorothea doro thea
dorothy dot dottie
edward ed eddie ted ned teddy
edoardo edo
elisabeth elli lisa lisbeth liesl babette betty lise
elizabeth liz beth betty eliza lizzie libby
elisabetta betta lisa
eleonora nora
emanuele manu
emmanuel manu
emmanuelle manu
enrico rico
ernest ernie
eugene gene
federico fede
federica fede
ferdinand ferdi
filippo pippo
florian flo flori
frances fran francie
francesco franco cesco
francesca franca
francis frank
francoise fanfan
franz franzl
frederic fred
frederick fred freddie
friedrich fritz fred
gabriel gabe gabi
gabriele gabi lele
gabriella gabi lella
georg schorsch
gerald gerry jerry
gerhard gerd
gertrud trudi
giovanni gianni nanni vanni
giovanna gianna vanna
giuseppe beppe peppe pino
giuseppina pina
gregory greg
gregor greg
guillaume guy
gunther gunni
harold harry hal
heinrich heinz heini
helen nell
helene leni
helena leni lena
henry harry hank
isabelle isa
isabel isa bella
isabella isa bella
jacqueline jacky jackie
jacques jacky
jakob jack
james jim jimmy jamie
jeanne jeannette
jennifer jen jenny
jessica jess jessie
joanna jo
johann hans
johannes hans hannes jo
john jack johnny
jonathan jon jonny
joseph joe joey jo
josef sepp jupp
judith judy
julia juli jule
jurgen jogi
kenneth ken kenny
laurence larry
lawrence larry laurie
leonard len lenny leo
leonardo leo
leonhard leo
lorenzo renzo
louis lou loulou
louise lou loulou
ludwig lutz
luigi gigi gino
madeleine mado
magdalena lena magda leni
manfred manni fred
manuela manu
manuel manu
marcus marc
margaret maggie meg peggy marge margie
margarete gretel grete greta
margherita rita
maria mia mitzi
marguerite margot
mariangela mari
martin marty
martina tina
martine titine
massimo max
massimiliano max massi
matthew matt
matthias matze hias
matthieu mat
matteo teo
maximilian max
michael mike mick micky michi michel
michaela michi
michel michou
michele lele
nathalie nath
nathan nate
nathaniel nate nat
nicholas nick nicky
nicholas nico
nicolas nico
nicola nico nicky
nicole nici nicky
niccolo nico
olivia liv livvy
oliver ollie olli
pamela pam
patricia pat patty tricia trish
patrick pat paddy
patrizia patty
peter pete
petra peti
philip phil pip
philippe phil
philipp phil
pierre pierrot
pietro piero
rebecca becky becca
rebekka becky
richard rick dick rich richie ricky
roberta roby
robert bob rob bobby robbie bert
roberto roby berto
ronald ron ronnie
rosemary rosie
rudolf rudi
ruediger rudi
salvatore toto turi
samuel sam sammy
samantha sam
sebastian basti seb wastl
sebastien seb
siegfried siggi
sigrid siggi
simone simo
sophie soph
stefan steff
stefanie steffi
stefano ste
stephanie steph steffi
stephane steph
stephen steve stevie
steven steve stevie
susan sue susie
susanne susi sanne
suzanne suzie suzy
teresa tess resi
theresa terry tess tessa resi
theodore ted teddy theo
therese titi
thomas tom tommy
timothy tim timmy
tobias tobi
ulrich uli
ulrike uli
ursula uschi ursel
valentina vale
valentin vale
veronica nica vero
veronique vero
victor vic
victoria vicky tori
vincent vince vinny
vincenzo enzo
virginia ginny
virginie ginie
walter wally walt
werner wern
wilhelm willi willy helm
william bill will billy liam willy
wolfgang wolf wolfi
xavier xav
yvonne yvi
zachary zach zack
"""


def _read(table: str) -> dict[str, frozenset[str]]:
    longer: defaultdict[str, set[str]] = defaultdict(set)
    for line in table.split("\n"):
        full, *short = [name(word) for word in line.split()] or [""]
        for word in short:
            longer[word].add(full)
    return {word: frozenset(names) for word, names in longer.items()}


LONGER: Final = _read(_TABLE)
"""Of a short form: the names it may stand for. Letters as `normal.name` leaves them."""


def related(names: Iterable[str]) -> set[tuple[str, str]]:
    """Of these names, all pairs of which one is short for the other, or both short for one name; both ways round."""
    known = set(names)
    families: defaultdict[str, set[str]] = defaultdict(set)
    for word in known:
        for full in LONGER.get(word, ()):
            families[full].add(word)
            if full in known:
                families[full].add(full)
    return {(one, other) for group in families.values() for one in group for other in group if one != other}
