from harness.records.frame import frame as frame
from harness.trial.comparing import compare as compare
from harness.trial.planning import Request as Request
from harness.trial.planning import plan as plan
from harness.trial.rescoring import score as score
from harness.trial.running import run as run

__version__: str
