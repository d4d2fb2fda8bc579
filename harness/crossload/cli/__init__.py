"""The command line: it parses options, calls, and prints errors. It decides nothing itself."""
