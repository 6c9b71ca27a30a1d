"""What is counted, as Prometheus text.

A label is a kind, a route's pattern or a status: never a text, an id or an origin.
"""

import threading
from bisect import bisect_left
from collections import Counter
from itertools import accumulate

# Fine where answers lie, about a millisecond, and coarse where only something that waits does.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one process; safe to use from many threads."""

    def __init__(self) -> None:
        """Start from zero."""
        self._lock = threading.Lock()
        self._replies: Counter[str] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._feedback: Counter[str] = Counter()
        self._buckets = [0] * (len(BUCKETS_S) + 1)
        self._seconds = 0.0
        self._limited = 0
        self._in_flight = 0

    def replied(self, kind: str) -> None:
        """Count a reply by its kind."""
        with self._lock:
            self._replies[kind] += 1

    def rated(self, *, helpful: bool) -> None:
        """Count a visitor's verdict."""
        with self._lock:
            self._feedback["true" if helpful else "false"] += 1

    def limited(self) -> None:
        """Count a request that came too soon."""
        with self._lock:
            self._limited += 1

    def began(self) -> None:
        """Note that a request has come in."""
        with self._lock:
            self._in_flight += 1

    def ended(self) -> None:
        """Note that a request has left, answered or not."""
        with self._lock:
            self._in_flight -= 1

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a response and how long it took."""
        with self._lock:
            self._requests[route, status] += 1
            self._buckets[bisect_left(BUCKETS_S, seconds)] += 1
            self._seconds += seconds

    def text(self) -> str:
        """Everything counted so far, in Prometheus' text format."""
        with self._lock:
            lines = [
                *family("chatbot_replies_total", "counter", "Replies by kind."),
                *(f'chatbot_replies_total{{kind="{kind}"}} {n}' for kind, n in sorted(self._replies.items())),
                *family("chatbot_requests_total", "counter", "Requests by route pattern and status."),
                *(
                    f'chatbot_requests_total{{route="{route}",status="{status}"}} {n}'
                    for (route, status), n in sorted(self._requests.items())
                ),
                *family("chatbot_feedback_total", "counter", "Verdicts on replies."),
                *(
                    f'chatbot_feedback_total{{helpful="{said}"}} {n}'
                    for said, n in sorted(self._feedback.items())
                ),
                *family("chatbot_rate_limited_total", "counter", "Requests that came too soon."),
                f"chatbot_rate_limited_total {self._limited}",
                *family("chatbot_requests_in_flight", "gauge", "Requests being answered now."),
                f"chatbot_requests_in_flight {self._in_flight}",
                *self._histogram("chatbot_request_duration_seconds"),
            ]
        return "\n".join(lines) + "\n"

    def _histogram(self, name: str) -> list[str]:
        totals = list(accumulate(self._buckets))
        bounds = [*(f"{bound:g}" for bound in BUCKETS_S), "+Inf"]
        return [
            *family(name, "histogram", "Time from the request's first byte read to its response."),
            *(f'{name}_bucket{{le="{bound}"}} {n}' for bound, n in zip(bounds, totals, strict=True)),
            f"{name}_sum {self._seconds:.6f}",
            f"{name}_count {totals[-1]}",
        ]


def family(name: str, kind: str, words: str) -> tuple[str, str]:
    """The two lines before a metric."""
    return (f"# HELP {name} {words}", f"# TYPE {name} {kind}")
