"""The command line. The only home of click; what a command needs is imported when it runs.

Data goes to standard output, talk to standard error. Exit status: 0 done, 1 a check found something,
2 the call was wrong, 130 interrupted, 141 the reader of the output has left.
"""

from chatbot.cli import asking
from chatbot.cli.program import main

__all__ = ["asking", "main"]
