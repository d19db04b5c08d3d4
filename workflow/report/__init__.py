"""Read models: what a person is shown, as frozen values. Nothing here decides or writes."""
