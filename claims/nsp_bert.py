"""NSP-BERT: a pretrained model's next-sentence head as a classifier without training.

Sun et al. 2022 (arXiv 2109.03564; kexue.fm/archives/8671) report that on FewCLUE it is better than PET without training,
which fills a gap by the masked language model's head, and describe prompts and the side on which they stand.
"""

from harness.claim import Above, Chance, Claim, Difference, MeanOverTasks, Side, Tasks, Value

CLAIMS = (
    Claim(
        id="pet_eprstmt",
        says="On EPRSTMT, the mood of product reviews, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 86.9 and 85.2",
        kind="comparison",
        tasks=("zero_shot/eprstmt",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=600,
        power=0.04,
        assumes=(
            "the published 1.7 points; standard error of the difference 0.032 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_csldcp",
        says="On CSLDCP, disciplines of abstracts, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 47.6 and 12.6",
        kind="comparison",
        tasks=("zero_shot/csldcp",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1700,
        power=0.99,
        assumes=(
            "the published 35.0 points; standard error of the difference 0.009 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_tnews",
        says="On TNEWS, sections of headlines, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 51.0 and 26.1",
        kind="comparison",
        tasks=("zero_shot/tnews",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1900,
        power=0.99,
        assumes=(
            "the published 24.9 points; standard error of the difference 0.0105 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_iflytek",
        says="On IFLYTEK, kinds of apps, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 41.6 and 26.6",
        kind="comparison",
        tasks=("zero_shot/iflytek",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1700,
        power=0.99,
        assumes=(
            "the published 15.0 points; standard error of the difference 0.01 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_ocnli",
        says="On OCNLI, inference, PET without training is better than NSP-BERT.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 37.4 and 40.3",
        kind="comparison",
        tasks=("zero_shot/ocnli",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("pet"), Value("nsp")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1900,
        power=0.35,
        assumes=(
            "the published 2.9 points; standard error of the difference 0.012 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_bustm",
        says="On BUSTM, utterances of one intent, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 63.4 and 50.6",
        kind="comparison",
        tasks=("zero_shot/bustm",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1700,
        power=0.99,
        assumes=(
            "the published 12.8 points; standard error of the difference 0.016 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_csl",
        says="On CSL, keywords of abstracts, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 64.4 and 52.2",
        kind="comparison",
        tasks=("zero_shot/csl",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=590,
        power=0.99,
        assumes=(
            "the published 12.2 points; standard error of the difference 0.016 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_chid",
        says="On ChID, idioms that fill a gap, PET without training is better than NSP-BERT.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 52.0 and 57.6",
        kind="comparison",
        tasks=("zero_shot/chid",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("pet"), Value("nsp")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1900,
        power=0.97,
        assumes=(
            "the published 5.6 points; standard error of the difference 0.012 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_cluewsc",
        says="On CLUEWSC, what a pronoun refers to, NSP-BERT is better than PET without training.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows",
        published="accuracy, NSP-BERT against PET: 59.4 and 54.7",
        kind="comparison",
        tasks=("zero_shot/cluewsc",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("pet")), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=450,
        power=0.42,
        assumes=(
            "the published 4.7 points; standard error of the difference 0.021 over items, in groups where texts "
            "are shared. Both are deterministic. The smallest published difference is 1.7 points; one point is "
            "asked for."
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_eprstmt",
        says="On EPRSTMT, the mood of product reviews, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 86.9, where a guess is right in 50 %",
        kind="comparison",
        tasks=("zero_shot/eprstmt",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=600,
        power=0.99,
        assumes=(
            "the published 36.9 points above chance; standard error 0.02 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_csldcp",
        says="On CSLDCP, disciplines of abstracts, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 47.6, where a guess is right in 1.49 %",
        kind="comparison",
        tasks=("zero_shot/csldcp",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1700,
        power=0.99,
        assumes=(
            "the published 46.1 points above chance; standard error 0.0085 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_tnews",
        says="On TNEWS, sections of headlines, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 51.0, where a guess is right in 6.67 %",
        kind="comparison",
        tasks=("zero_shot/tnews",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1900,
        power=0.99,
        assumes=(
            "the published 44.3 points above chance; standard error 0.0086 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_iflytek",
        says="On IFLYTEK, kinds of apps, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 41.6, where a guess is right in 0.84 %",
        kind="comparison",
        tasks=("zero_shot/iflytek",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1700,
        power=0.99,
        assumes=(
            "the published 40.8 points above chance; standard error 0.01 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_ocnli",
        says="On OCNLI, inference, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 37.4, where a guess is right in 33.33 %",
        kind="comparison",
        tasks=("zero_shot/ocnli",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1900,
        power=0.83,
        assumes=(
            "the published 4.1 points above chance; standard error 0.0105 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_bustm",
        says="On BUSTM, utterances of one intent, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 63.4, where a guess is right in 50 %",
        kind="comparison",
        tasks=("zero_shot/bustm",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1700,
        power=0.99,
        assumes=(
            "the published 13.4 points above chance; standard error 0.0115 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_csl",
        says="On CSL, keywords of abstracts, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 64.4, where a guess is right in 50 %",
        kind="comparison",
        tasks=("zero_shot/csl",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=590,
        power=0.99,
        assumes=(
            "the published 14.4 points above chance; standard error 0.012 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_chid",
        says="On ChID, idioms that fill a gap, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 52.0, where a guess is right in 14.29 %",
        kind="comparison",
        tasks=("zero_shot/chid",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=1900,
        power=0.99,
        assumes=(
            "the published 37.7 points above chance; standard error 0.0095 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="chance_cluewsc",
        says="On CLUEWSC, what a pronoun refers to, NSP-BERT is better than guessing.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, zero-shot rows; chance is that of equal guesses",
        published="accuracy: 59.4, where a guess is right in 50 %",
        kind="comparison",
        tasks=("zero_shot/cluewsc",),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Chance()), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=450,
        power=0.99,
        assumes=(
            "the published 9.4 points above chance; standard error 0.018 over items, in groups where texts are shared"
        ),
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="pet_mean",
        says=(
            "Over the nine tasks of FewCLUE the mean accuracy of NSP-BERT is above that of PET, both without training."
        ),
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 1, column Score",
        published="mean accuracy: NSP-BERT 55.96, PET 45.10",
        kind="comparison",
        tasks=(
            "zero_shot/eprstmt",
            "zero_shot/csldcp",
            "zero_shot/tnews",
            "zero_shot/iflytek",
            "zero_shot/ocnli",
            "zero_shot/bustm",
            "zero_shot/csl",
            "zero_shot/chid",
            "zero_shot/cluewsc",
        ),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("nsp"), Value("pet"))), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=450,
        power=0.99,
        assumes="the published 10.86 points; standard error of the mean 0.006",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="most_tasks",
        says="NSP-BERT is better than PET on most of the nine tasks.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="abstract: outperforms other zero-shot methods on most tasks; table 1",
        published="better on 7 of 9 tasks (all but OCNLI and ChID)",
        kind="comparison",
        tasks=(
            "zero_shot/eprstmt",
            "zero_shot/csldcp",
            "zero_shot/tnews",
            "zero_shot/iflytek",
            "zero_shot/ocnli",
            "zero_shot/bustm",
            "zero_shot/csl",
            "zero_shot/chid",
            "zero_shot/cluewsc",
        ),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("pet", "zero_shot/mlm_prompt", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Tasks(Above(Difference(Value("nsp"), Value("pet")), margin=0.01), at_least=5),
        smallest=0.01,
        seeds=1,
        items=450,
        power=0.99,
        assumes="the published differences of six tasks, 4.7 to 35 points; standard errors 0.009 to 0.032",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="embedding_mean",
        says=("NSP-BERT is better than comparing mean-pooled states of the same encoder, another zero-shot method."),
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="abstract: outperforms other zero-shot methods on most tasks",
        published="none against embeddings; 55.96 against 45.10 (PET) and 43.40 (GPT)",
        kind="comparison",
        tasks=(
            "zero_shot/eprstmt",
            "zero_shot/csldcp",
            "zero_shot/tnews",
            "zero_shot/iflytek",
            "zero_shot/ocnli",
            "zero_shot/bustm",
            "zero_shot/csl",
            "zero_shot/chid",
            "zero_shot/cluewsc",
        ),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("embedding", "zero_shot/embedding", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("nsp"), Value("embedding"))), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=450,
        power=0.99,
        assumes="an advantage of 5 points, half of that over PET; standard error of the mean 0.005",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="tfidf_mean",
        says="NSP-BERT is better than word overlap, the simplest zero-shot method.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="abstract: outperforms other zero-shot methods on most tasks",
        published="none against word overlap; 55.96 against 45.10 (PET) and 43.40 (GPT)",
        kind="comparison",
        tasks=(
            "zero_shot/eprstmt",
            "zero_shot/csldcp",
            "zero_shot/tnews",
            "zero_shot/iflytek",
            "zero_shot/ocnli",
            "zero_shot/bustm",
            "zero_shot/csl",
            "zero_shot/chid",
            "zero_shot/cluewsc",
        ),
        sides=(Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"), Side("tfidf", "zero_shot/tfidf")),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("nsp"), Value("tfidf"))), margin=0.01),
        smallest=0.01,
        seeds=1,
        items=450,
        power=0.99,
        assumes="an advantage of 5 points, half of that over PET; standard error of the mean 0.006",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="template",
        says="A prompt that is a whole sentence is better than the bare label.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section=(
            "published code, utils.py: of each task's templates the last and longest is used (PATTERN_INDEX = -1)"
        ),
        published="none that could be read (a figure)",
        kind="comparison",
        tasks=("zero_shot/eprstmt", "zero_shot/csldcp", "zero_shot/tnews", "zero_shot/iflytek"),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("bare", "zero_shot/nsp_bert:template=0", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("nsp"), Value("bare"))), margin=0.005),
        smallest=0.005,
        seeds=1,
        items=600,
        power=0.95,
        assumes="a gain of 3 points; standard errors 0.02 (EPRSTMT) and 0.008 (others)",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="side_csl",
        says="On CSL the abstract stands first and the keywords second: the other order is worse.",
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 12, prompt position",
        published="suffix for CSL, without numbers for the other order",
        kind="comparison",
        tasks=("zero_shot/csl",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("prefix", "zero_shot/nsp_bert:side=prefix", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("prefix")), margin=0.005),
        smallest=0.005,
        seeds=1,
        items=590,
        power=0.89,
        assumes="an advantage of 5 points; standard error 0.014 over abstracts",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="side_chid",
        says=(
            "On ChID the idiom stands behind the text, as the table says, not before it, as the code does: the "
            "other order is worse."
        ),
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 12, prompt position; the published code has is_pre=True",
        published="suffix for ChID, without numbers for the other order",
        kind="comparison",
        tasks=("zero_shot/chid",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("prefix", "zero_shot/nsp_bert:side=prefix", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("prefix")), margin=0.005),
        smallest=0.005,
        seeds=1,
        items=1900,
        power=0.99,
        assumes="an advantage of 5 points; standard error 0.01 over items",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="side_cluewsc",
        says=(
            "On CLUEWSC the second segment stands behind the text, as the table says, not before it, as the code "
            "does: the other order is worse."
        ),
        source="Sun et al. 2022, NSP-BERT, COLING, arXiv 2109.03564",
        section="table 12, prompt position; the published code has is_pre=True",
        published="suffix for CLUEWSC, without numbers for the other order",
        kind="comparison",
        tasks=("zero_shot/cluewsc",),
        sides=(
            Side("nsp", "zero_shot/nsp_bert", encoder="mini-zh"),
            Side("prefix", "zero_shot/nsp_bert:side=prefix", encoder="mini-zh"),
        ),
        metric="accuracy",
        predicate=Above(Difference(Value("nsp"), Value("prefix")), margin=0.005),
        smallest=0.005,
        seeds=1,
        items=450,
        power=0.7,
        assumes="an advantage of 5 points; standard error 0.018 over passages",
        scope=(
            "mini-zh, an encoder of 5 million parameters with its own NSP and MLM heads, nothing trained; the "
            "source has a BERT-base of 102 million (NSP-BERT) and a RoBERTa-wwm-ext-base (PET). test_public of "
            "FewCLUE; what auto gives where the machine has bf16."
        ),
        arithmetic="bf16",
    ),
)
