"""The `regimen` command: parse, call `Trial`, render. Imported as `workflow.cli`."""
