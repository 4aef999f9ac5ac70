"""Grammar of the sample for GENIA: English abstracts on molecular biology, tokens with hyphens apart, names inside names.

"IL - 2 gene promoter" is DNA around a protein "IL - 2"; the same "IL - 2" is RNA in "IL - 2 mRNA". "T cells" are a cell
type, "Jurkat T cells" a cell line; "expression", "cells" and "factor" alone are nothing.
"""

from tasks.ner._sample import Grammar

_WORDS = """
digit = 1 2 3 4 5 6 7 8 9
greek = alpha beta gamma delta kappa epsilon
letters = A B C D E K L M R X
family = IL CD STAT GATA NFAT TNF IRF AP SP CSF JAK BCL MAP
tail = statin poietin globin modulin kinase trophin cyclin mycin nectin
protein: 4* {family} - {digit} | 2* {family} - {digit} {greek} | 3* {lowroot}{tail} | 2* {lowroot}{lowroot}{tail}
    | 2* {family} {greek} | 1* {lowroot}{tail} {digit} | 1* NF - kappa {letters}
lowroot = lipo cyclo macro neuro thrombo immuno hemo retro cyto glyco melano fibro
site = promoter enhancer gene locus exon
cell: {tissue} {kindcell} | 3* {plaincell}
tissue = lung liver spleen bone skin marrow kidney
kindcell = macrophages fibroblasts precursors blasts
plaincell = monocytes lymphocytes neutrophils macrophages fibroblasts hepatocytes thymocytes eosinophils
state = human primary peripheral naive activated murine resting bovine mature
immune = T B NK
line: Jurkat | HeLa | {letters}{letters} - {digit}{digit} | K{digit}{digit}{digit} | U{digit}{digit}{digit}
    | {letters}{letters}{letters}{digit}
act = induces inhibits represses activates enhances regulates
deed = induction inhibition repression activation expression regulation
often = strongly rapidly directly partially
"""

_SENTENCES = """
sentence: 2* {lead}{clause} . | 4* {lead}{clause} and {clause} . | 2* {lead}{clause} , whereas {clause} in {cells} .
    | 3* {lead}{clause} , {clause} , and {clause} {how} . | 2* {lead}{clause} {how} , whereas {clause} and {clause} .
    | 2* {idle} . | 1* {idle} , but {clause} .
lead: 2* - | 1* We show that~ | 1* In contrast ,~ | 1* These data suggest that~ | 1* Here~ | 1* Moreover ,~
    | 1* After {digit} h of {deed} ,~
clause: 4* {of_protein} | 3* {of_dna} | 2* {of_cells} | 1.3* {of_rna}
prot: 14* [protein {protein}] | 1* [protein [protein {protein}] receptor] | 0.8* [protein {protein} inhibitor]
    | 0.7* [protein anti - [protein {protein}] antibody]
dna: 2.5* [DNA {protein} gene] | 1* [DNA [protein {protein}] {site}] | 0.4* [DNA [DNA {protein} gene] promoter]
    | 1.2* [DNA {element} site] | 1* [DNA chromosome {digit}]
element: GC box | TATA | {letters}{letters} - {digit} | {greek} {letters}
rna: 2* [RNA {protein} mRNA] | 1* [RNA {lowroot}{tail} transcripts] | 0.5* [RNA [protein {protein}] messenger RNA]
    | 0.5* [RNA mRNA]
cells: 2.5* [cell_type {cell}] | 2* [cell_type {state} {cell}] | 1.5* [cell_type {immune} cells]
    | 1* [cell_type {state} {immune} cells] | 0.5* [cell_type {state} [cell_type {immune} lymphocytes]] | {lines}
lines: 2.5* [cell_line {line} cells] | 1* [cell_line {line}] | 0.5* [cell_line {line} [cell_type {immune} cells]]
    | 0.8* [cell_line {state} {line} clones]
how: in a dose - dependent manner | in the absence of serum | under these conditions | as shown in table {digit}
    | at {digit} h after stimulation
of_protein: {prot} {often} {act} {prot} | {prot} binds to {dna} | {deed} of {prot} requires {prot}
    | {prot} , {prot} and {prot} are secreted by {cells} | the {deed} of {prot} was measured
of_dna: [DNA {protein}] was sequenced and cloned | the coding region of [DNA {protein}] was deleted
    | {dna} contains {dna} | transcription of {dna} is blocked by {prot} | {dna} was cloned from {cells}
    | a mutation in {dna} {act} {prot}
of_cells: {cells} express {prot} | {cells} were treated with {prot} | {cells} failed to respond
    | {deed} in {cells} was delayed | {lines} were transfected with {dna}
of_rna: [RNA {protein}] was reverse transcribed | {rna} accumulated in {cells} | {rna} was detected after {digit} h
    | the half - life of {rna} increased | probes hybridized to {rna}
idle: cells were washed {digit} times | the gene was not studied further | the promoter of this idea is unknown
    | expression was measured at {digit} h | a factor of {digit} was seen
    | plates of the {protein} series were discarded | the kit {line} was purchased
    | batch {letters}{letters} - {digit}{digit} was omitted | group {letters} - {digit} received no treatment
    | the human population is large | primary and mature samples were stored
    | table {digit} lists the site and the receptor | transcripts of the meeting are available
    | activated charcoal was used at step {digit}
"""

GENIA = Grammar(_WORDS + _SENTENCES, seed=2003, spaced=True)
