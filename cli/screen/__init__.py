"""What is shown and how: the streams, JSON, running text and tables, and each thing that people are shown."""
