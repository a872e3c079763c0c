"""Many writes in flight on one program, and which of them have been acknowledged."""

import time

from program import TIMEOUT_SECONDS
from workload import Violation


class Writing:
    """Sends a workload's writes to a program and compares every reply with what it must be.

    `writes` is all that was sent, in order; the first `acknowledged` of them have been answered.
    """

    def __init__(self, program, workload):
        self.program = program
        self.workload = workload
        self.writes = []
        self.acknowledged = 0
        self.sentByteCount = 0
        self._replies = 0
        # When how many had been acknowledged: (seconds, count).
        self.times = []

    def step(self, window, small=False, seconds=0.002):
        """Fills up to `window` writes in flight, moves what can be moved, takes replies."""
        while len(self.writes) - self.acknowledged < window and len(self.program.unsent) < 1 << 18:
            write = self.workload.next(small)
            self.writes.append(write)
            self.sentByteCount += len(write.text)
            self.program.send(write.text)
        self.program.pump(seconds)
        self.take()

    def take(self):
        """Matches the lines that have come with the replies that are due."""
        before = self.acknowledged
        for line in self.program.lines:
            if self.acknowledged == len(self.writes):
                raise Violation(f"a reply to nothing: {line[:200]!r}")
            replies = self.writes[self.acknowledged].replies
            if line != replies[self._replies]:
                text = self.writes[self.acknowledged].text
                raise Violation(f"{text[:60]!r} is answered by {line[:300]!r}, not {replies[self._replies][:60]!r}")
            self._replies += 1
            if self._replies == len(replies):
                self._replies = 0
                self.acknowledged += 1
        self.program.lines = []
        if self.acknowledged > before:
            self.times.append((time.monotonic(), self.acknowledged))

    def acknowledged_before(self, moment):
        """How many had been acknowledged at a moment."""
        count = 0
        for time_, acknowledged in self.times:
            if time_ > moment:
                break
            count = acknowledged
        return count

    def finish(self, seconds=TIMEOUT_SECONDS):
        """Sends no more and waits for all replies."""
        end = time.monotonic() + seconds
        while self.acknowledged < len(self.writes):
            if self.program.isOver or time.monotonic() > end:
                raise Violation(f"{len(self.writes) - self.acknowledged} writes are not answered after {seconds} s")
            self.step(0, seconds=0.2)
