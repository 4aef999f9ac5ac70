"""One file a command: ``run(arguments) -> exit code``. Parse, call, print; the work is done in other rooms."""
