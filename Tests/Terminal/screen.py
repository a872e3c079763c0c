"""A small terminal screen: what a person would see after a program wrote some bytes.

It knows what GNU readline and the shell write for `xterm`-like terminals, and no more: cursor
movements, erasing, inserting and deleting, scrolling, line wrap at the right edge. Colours and modes
are skipped; every character is one column wide.
"""

import re

SEQUENCE = re.compile(
    r"\x1b\[([?>=]?)([0-9;]*)([@-~])"  # CSI
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[()][0-9A-B]"  # character sets
    r"|\x1b[=>78DEHMc]"
)


def plain(text):
    """`text` without escape sequences, and without \\001 and \\002 that readline should have eaten."""
    return SEQUENCE.sub("", text)


class Screen:
    """Rows of characters and a cursor."""

    def __init__(self, rows, columns):
        self.rows = rows
        self.columns = columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = 0
        self.column = 0
        self.wraps = False

    def feed(self, text):
        """Takes what a program wrote."""
        index = 0
        while index < len(text):
            if text[index] == "\x1b":
                match = SEQUENCE.match(text, index)
                if match:
                    if match.group(3) and not match.group(1):
                        self.control(match.group(3), match.group(2))
                    index = match.end()
                    continue
            self.put(text[index])
            index += 1
        return self

    def lines(self):
        """The rows as text, without blanks at their ends, up to the last that is not empty."""
        lines = ["".join(row).rstrip() for row in self.cells]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def text(self):
        return "\n".join(self.lines())

    def put(self, character):
        if character == "\r":
            self.column, self.wraps = 0, False
        elif character == "\n":
            self.feed_line()
        elif character == "\b":
            self.column, self.wraps = max(0, self.column - 1), False
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif character >= " ":
            if self.wraps:
                self.column = 0
                self.feed_line()
            self.cells[self.row][self.column] = character
            # The cursor stays in the last column until the next character: "magic margins".
            self.wraps = self.column == self.columns - 1
            self.column = min(self.columns - 1, self.column + 1)

    def feed_line(self):
        self.wraps = False
        if self.row == self.rows - 1:
            self.cells.pop(0)
            self.cells.append([" "] * self.columns)
        else:
            self.row += 1

    def control(self, final, parameters):
        numbers = [int(number) if number else 0 for number in parameters.split(";")]
        count = max(1, numbers[0])
        row = self.cells[self.row]
        if final != "m":
            self.wraps = False
        if final == "A":
            self.row = max(0, self.row - count)
        elif final == "B":
            self.row = min(self.rows - 1, self.row + count)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif final == "D":
            self.column = max(0, self.column - count)
        elif final == "G":
            self.column = min(self.columns, count) - 1
        elif final in "Hf":
            second = numbers[1] if len(numbers) > 1 else 1
            self.row = min(self.rows, count) - 1
            self.column = min(self.columns, max(1, second)) - 1
        elif final == "J":
            self.erase_display(numbers[0])
        elif final == "K":
            start, end = ((self.column, self.columns), (0, self.column + 1), (0, self.columns))[numbers[0]]
            row[start:end] = [" "] * (end - start)
        elif final == "P":
            del row[self.column : self.column + count]
            row += [" "] * (self.columns - len(row))
        elif final == "@":
            row[self.column : self.column] = [" "] * count
            del row[self.columns :]
        elif final == "X":
            end = min(self.columns, self.column + count)
            row[self.column : end] = [" "] * (end - self.column)

    def erase_display(self, what):
        blank = [" "] * self.columns
        if what in (2, 3):
            self.cells = [list(blank) for _ in range(self.rows)]
        elif what == 0:
            self.control("K", "0")
            for index in range(self.row + 1, self.rows):
                self.cells[index] = list(blank)
        else:
            self.control("K", "1")
            for index in range(self.row):
                self.cells[index] = list(blank)
