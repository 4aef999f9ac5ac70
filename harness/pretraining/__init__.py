"""Pretraining of a small encoder: corpus, audit, vocabulary, instances, training, evaluation, model card.

BERT as published (Devlin et al. 2019, arXiv 1810.04805): masked-language-model and next-sentence prediction together.
``harness pretrain`` runs these stages in order; ``harness.pretraining.stages.pretrain`` is the same in Python.
"""
