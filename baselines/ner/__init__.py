"""Named-entity recognition: neural models over a shared encoder.

A model file of your own, in this folder or in one of ``HARNESS_PATH``, needs from here

* ``SpanModel`` or ``TagModel``, the base class: everything but the parameters, the loss and the decoding;
* for taggers ``allowed`` (which BIO tag may follow which), ``tags_of`` and ``rows_of`` (spans to tags and back);
* for models that score spans ``valid_spans`` (which spans exist), ``gold_cells`` (which of them are gold)
  and ``lecun_normal`` (initial values).

CONTRIBUTING.md has a whole tagger as an example.
"""

from baselines.ner._head import SpanModel, TagModel
from baselines.ner._pointer import gold_cells, lecun_normal, valid_spans
from baselines.ner._tagging import Row, allowed, flatten, rows_of, tags_of

__all__ = [
    "Row",
    "SpanModel",
    "TagModel",
    "allowed",
    "flatten",
    "gold_cells",
    "lecun_normal",
    "rows_of",
    "tags_of",
    "valid_spans",
]
