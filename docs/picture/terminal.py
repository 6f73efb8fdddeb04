"""Runs commands on a terminal and adds what is on its screen in the end to a file, as HTML. Usage: terminal.py FILE COMMAND.."""
import html
import os
import pty
import sys

import pyte

COLUMNS, LINES = 98, 400
COLORS = {"green": "#62b987", "red": "#ea8079", "brown": "#d9a548", "yellow": "#d9a548", "cyan": "#74b9d3", "blue": "#72a8d6", "magenta": "#c493bc"}


def on_terminal(command, stream):
    child, descriptor = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS), LINES="40")
        os.execvp("bash", ["bash", "-c", f"stty cols {COLUMNS} rows 40; {command}"])
    while True:
        try:
            data = os.read(descriptor, 65536)
        except OSError:
            break
        if not data:
            break
        stream.feed(data)
    os.waitpid(child, 0)


def line_of(cells):
    spans = []
    for at in range(COLUMNS):
        cell = cells[at]
        style = (COLORS.get(cell.fg, ""), cell.bold)
        if spans and spans[-1][0] == style:
            spans[-1][1].append(cell.data)
        else:
            spans.append((style, [cell.data]))
    text = ""
    for (color, bold), letters in spans:
        style = (f"color:{color};" if color else "") + ("font-weight:600" if bold else "")
        part = html.escape("".join(letters))
        text += f'<span style="{style}">{part}</span>' if style else part
    return text.rstrip()


def main():
    target, *commands = sys.argv[1:]
    parts = []
    for command in commands:
        screen = pyte.Screen(COLUMNS, LINES)
        on_terminal(command, pyte.ByteStream(screen))
        lines = [line_of(screen.buffer[at]) for at in range(screen.cursor.y + 1)]
        parts += [f'<span style="color:#74b9d3">$</span> <b>{html.escape(command)}</b>', *lines]
        while parts and not parts[-1]:
            parts.pop()
        parts.append("")
    with open(target, "a") as file:
        file.write("\n".join(parts) + "\n")


main()
