"""Grammar of the sample for GermEval 2014: German tokens, names inside names, derivations and compounds.

Places hide in organisations ("Universität Bonn" is an ``ORG`` around a ``LOC``); ``LOCderiv`` is a word derived from a
place ("Bonner"), ``LOCpart`` a compound with one ("Bonn-Reise"). Wolf, Stein or Berg are surnames and common nouns;
a newspaper's or team's name may be that of a town.
"""

from tasks.ner._sample import Grammar

_WORDS = """
digit = 1 2 3 4 5 6 7 8 9
number: {digit}{digit} | {digit} | {digit}00
year: 19{digit}{digit} | 20{digit}{digit}
first = Anna Peter Lena Karl Martha Jonas Sophie Emil Clara Otto Ida Moritz Greta Hans Ruth Felix Nora Anton Eva Georg
surname: 2* {noun} | 2.5* {head}{tail} | 2.5* {syllable}{ending}
noun = Wolf Stein Berg Fuchs Vogel Kaiser Koch Richter Sommer Winter Engel Busch Kraft Lange Roth
head = Linden Rosen Hohen Eichen Gold Silber Birken Falken
tail = baum thal bach stein berg mann
syllable = Mar Kor Bel Tran Lud Wes Gar Hel Nor Ost
ending = ke ner mann sen ig
town: 2* {known} | 4* {start}{finish} | 1* {start}{finish} am {stream} | 1* Bad {start}{finish}
known = Bonn Berlin Hamburg Köln Leipzig Dresden Wien Bremen Kassel Mainz
start = Neu Alt Ober Nieder Wald Schön Stein Linden Grün Rosen Wein
finish = burg stadt heim dorf kirchen furt bach hausen
stream = Rhein Main Neckar Elbe Donau Isar Weser
land = Bayern Hessen Sachsen Frankreich Polen Italien Spanien Kanada
stemland = bayer sächs hess französ poln italien span
place: 3* {town} | 1.5* {land} | 1* {stream}
person: 4* [PER {first} {surname}] | 2* [PER {surname}] | 0.5* [PER {first}]
plural = Fans Schüler Bürger Musiker Forscher Lehrer
"""

_SENTENCES = """
sentence: 1* {clause} . | 3* {clause} , {and} {clause} . | 2* {clause} {how} , {and} {idle} .
    | 2* {idle} , {and} {clause} , {and} {clause} . | 2* {clause} , {and} {clause} {how} , {and} {clause} .
    | 1.5* {when} {clause} . | 2* {idle} . | 1* {idle} , {and} {clause} .
how: trotz des Regens | seit {year} | nach langer Beratung | mit großer Mehrheit | wie schon vor {number} Jahren
    | ohne weitere Begründung
and = und aber während denn
when: Im Jahr {year} gilt : | Am Montag hieß es : | Nach Angaben der Polizei : | " Nein " , so der Sprecher ,
clause: 3* {of_person} | 3* {of_place} | 3* {of_org} | 2* {of_deriv} | 1.2* {of_part} | 1.2* {of_other}
of_person: {person} wohnt in [LOC {place}] | {person} und {person} gewinnen das Rennen | das sagte {person}
    | {person} leitet {org} | der Sohn von {person} wurde {year} geboren
of_place: er reist nach [LOC {place}] | in [LOC {place}] leben {number} Menschen
    | zwischen [LOC {place}] und [LOC {place}] stockt der Verkehr | sie stammt aus [LOC {place}]
    | die Messe in [LOC {place}] beginnt
org: 0.7* [ORG Universität [LOC {town}]] | 0.5* [ORG Stadtwerke [LOC {town}]] | 0.8* [ORG {club} [LOC {town}]]
    | 3* [ORG {surname} {legal}] | 0.4* [ORG [LOCderiv {known}er] {paper}] | 0.4* [ORG [PER {first} {surname}] Stiftung]
    | 2* [ORG {party}] | 1.5* [ORG {known}]
club = FC SV TSV Eintracht Fortuna
legal = AG GmbH KG Verlag
paper = Zeitung Tageblatt Nachrichten Kurier Volksbank
party = SPD CDU FDP Grünen UNO NATO ADAC
of_org: {org} meldet einen Gewinn | Trainer von {org} ist {person} | {org} siegt mit {digit} : {digit} gegen {org}
    | sie arbeitet bei {org} | ein Sprecher von {org} widersprach
of_deriv: die [LOCderiv {stemland}ische] Regierung tagt | der [LOCderiv {town1}er] Bahnhof wird umgebaut
    | {number} [LOCderiv {town1}er] demonstrierten | die [PERderiv {surname}schen] Werke wurden verkauft
    | nach [OTHderiv {faith}er] Ritus | die [ORGderiv {party}-nahen] Kreise schweigen
    | ein [LOCderiv {stemland}isches] Lied erklang
town1: 2* {known} | 1* {start}{finish}
faith = Luther Kant Barock Gotik
of_part: die [LOCpart {known}-Reise] fällt aus | eine [ORGpart {party}-Sprecherin] widersprach
    | die [PERpart {surname}-Biografie] erscheint | der [OTHpart {award}-Gewinner] dankte
    | am [LOCpart {stream}-Ufer] liegt Schnee | das [ORGpart {party}-Treffen] dauert an
award = Oscar Grammy Bambi Nobelpreis
of_other: der Film " [OTH {title}] " läuft | sie liest " [OTH {title}] " | er spricht [OTH {tongue}]
    | das Lied " [OTH {title}] " handelt von [LOC {place}] | sie fährt einen [OTH {surname} {digit}00]
tongue = Deutsch Polnisch Spanisch Latein
title: Der {noun} von [LOC {known}] | Die {noun}in | {adjective} {noun} | Der letzte {noun}
adjective = Grauer Stiller Ferner Alter Kalter
idle: ein {noun} stand im Wald | der {noun} ist kalt und lang | viele {plural} warten seit {number} Tagen
    | die Stadt am Fluss schläft | kein {noun} weit und breit | der Verlag sucht {plural}
    | die Zeitung von gestern liegt dort | der Film dauert {number} Minuten | die {plural} der Universität streiken
    | im Sommer und im Winter ruht das Werk | das Werk am Berg schließt
"""

GERMEVAL = Grammar(_WORDS + _SENTENCES, seed=2014, spaced=True)
