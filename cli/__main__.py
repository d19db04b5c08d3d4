"""`python -m workflow.cli` is `regimen`."""

from workflow.cli.main import main

main()
