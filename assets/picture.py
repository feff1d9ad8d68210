#!/usr/bin/env python3
"""Plays the demo in tmux and draws the screen as an animated SVG, assets/demo.svg.

Usage: assets/picture.py [PROGRAM]    (default: target/release/subscope; needs tmux)
"""

import html
import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 100, 28
WIDTH, HEIGHT, BASELINE, FONT = 8.4, 18, 13.5, 14
MARGIN, TITLE = 12, 34

# Each scene: keys to send to tmux, the new caption if any, and how long to show each following frame.
SCENES = [
    ([], "subscope demo: every message as it arrives", [0.7] * 5),
    (["/"], "/ filters as you type", [0.5]),
    ([".to"], None, [0.25]),
    (["tal"], None, [0.25]),
    ([" > 1"], None, [0.25]),
    (["00"], None, [0.9, 0.9]),
    (["Enter"], None, [0.6]),
    (["Enter"], "Enter opens a message", [2.6]),
    (["d"], "d shows what changed since the previous one", [2.6]),
    (["d", "Tab"], "w plots a number", [0.9]),
    (["w", "+"], None, [0.8] * 5),
    (["Escape", "q", "Escape", "v"], "v shows the latest value of every channel", [0.8] * 4),
]

PALETTE = ["#0d1117", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#e6edf3"]
FOREGROUND, BACKGROUND = "#d7dde5", "#0d1117"

# The sides that a box-drawing character connects.
SIDES = {"─": "lr", "│": "ud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "├": "rud", "┤": "lud",
         "┬": "lrd", "┴": "lru", "┼": "lrud"}
BLOCKS = "▁▂▃▄▅▆▇█"


def tmux(*arguments):
    command = ["tmux", "-L", "subscope-picture", "-f", "/dev/null", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def record(program):
    """Returns the frames: the rows of the screen, the caption, and how long to show them."""
    shell = f"env LANG=C.UTF-8 TZ=UTC {program} demo --seed 3"
    tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), shell)
    frames, caption = [], ""
    try:
        time.sleep(6)
        for keys, words, pauses in SCENES:
            for key in keys:
                tmux("send-keys", key) if key.isalpha() else tmux("send-keys", "-l", key)
                time.sleep(0.25)
            caption = words or caption
            for pause in pauses:
                time.sleep(min(pause, 0.8))
                frames.append((tmux("capture-pane", "-p", "-e").split("\n")[:ROWS], caption, pause))
    finally:
        tmux("kill-server")
    return frames


def cells(row, style):
    """Yields each character of a row with its width in cells and its style."""
    for part in re.split(r"(\x1b\[[0-9;]*m)", row):
        if part.startswith("\x1b["):
            style = restyled(dict(style), [int(code or 0) for code in part[2:-1].split(";")])
        else:
            for letter in part:
                wide = unicodedata.east_asian_width(letter) in "WF"
                yield letter, 0 if unicodedata.combining(letter) else 2 if wide else 1, style


def restyled(style, codes):
    names = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = {}
        elif code in names:
            style[names[code]] = True
        elif code in (22, 23, 24, 27):
            for name in {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",)}[code]:
                style.pop(name, None)
        elif code in (39, 49):
            style.pop("fore" if code == 39 else "back", None)
        elif code % 10 < 8 and code // 10 in (3, 4, 9, 10):
            bright_black = code in (90, 100)
            style["fore" if code // 10 in (3, 9) else "back"] = "#6e7681" if bright_black else PALETTE[code % 10]
        elif code in (38, 48):
            colour = codes[1:4] if codes[0] == 2 else extended(codes[1])
            del codes[: 4 if codes[0] == 2 else 2]
            style["fore" if code == 38 else "back"] = "#%02x%02x%02x" % tuple(colour)
    return style


def extended(index):
    """Returns a colour from the 256-colour palette."""
    if index < 16:
        return bytes.fromhex(PALETTE[index % 8][1:])
    if index >= 232:
        return [8 + 10 * (index - 232)] * 3
    index -= 16
    return [0 if part == 0 else 55 + 40 * part for part in (index // 36, index // 6 % 6, index % 6)]


def colours(style):
    fore, back = style.get("fore", FOREGROUND), style.get("back")
    return (back or BACKGROUND, fore) if style.get("reverse") else (fore, back)


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


def shape(letter, at):
    """Returns the path of a character that is drawn as a shape, and whether to fill it; else None."""
    left, middle, centre = at * WIDTH, HEIGHT / 2, (at + 0.5) * WIDTH
    ends = {"l": (left, middle), "r": (left + WIDTH, middle), "u": (centre, 0), "d": (centre, HEIGHT)}
    if letter in "╭╮╰╯":
        (x0, y0), (x1, y1) = (ends[side] for side in SIDES[letter])
        return f"M{number(x0)} {number(y0)}Q{number(centre)} {number(middle)} {number(x1)} {number(y1)}", False
    if letter in SIDES:
        lines = (f"M{number(centre)} {number(middle)}L{number(x)} {number(y)}" for x, y in map(ends.get, SIDES[letter]))
        return "".join(lines), False
    if letter in BLOCKS:
        height = HEIGHT * (BLOCKS.index(letter) + 1) / 8
        return f"M{number(left)} {HEIGHT}v-{number(height)}h{WIDTH}v{number(height)}z", True
    if "\u2800" < letter <= "\u28ff":
        bits, places = ord(letter) - 0x2800, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
        dots = (place for bit, place in enumerate(places) if bits >> bit & 1)
        return "".join(f"M{number(left + 1.2 + 4.2 * x)} {number(1 + 4.5 * y)}h2v2h-2z" for x, y in dots), True
    return None


def drawn(row, style):
    """Returns a row as SVG, without its position, and the style in which the next row continues."""
    at, runs, out = 0, [], []
    for letter, width, style in cells(row, style):
        kind = shape(letter, at)
        key = (kind is None or kind[1], kind is None, sorted(style.items()))
        wide = width == 2
        if runs and runs[-1]["key"] == key and not wide and not runs[-1]["wide"]:
            runs[-1]["text"] += kind[0] if kind else letter
            runs[-1]["end"] = at + width
        else:
            runs.append({"key": key, "text": kind[0] if kind else letter, "start": at, "end": at + width,
                         "style": style, "wide": wide, "kind": kind})
        at += width
    for run in runs:
        style, start, length = run["style"], run["start"], run["end"] - run["start"]
        fore, back = colours(style)
        if back:
            place = f'x="{number(start * WIDTH)}" width="{number(length * WIDTH)}" height="{HEIGHT}"'
            out.append(f'<rect {place} fill="{back}" shape-rendering="crispEdges"/>')
        look = ' opacity=".62"' if style.get("dim") else ""
        if run["kind"]:
            paint = f'fill="{fore}"' if run["kind"][1] else f'stroke="{fore}" fill="none"'
            out.append(f'<path d="{run["text"]}" {paint}{look}/>')
        elif run["text"].strip():
            text = run["text"].rstrip()
            start += len(text) - len(text.lstrip())
            length = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text.strip())
            look += "" if fore == FOREGROUND else f' fill="{fore}"'
            look += ' font-weight="700"' if style.get("bold") else ""
            look += ' text-decoration="underline"' if style.get("underline") else ""
            place = f'x="{number(start * WIDTH)}" y="{BASELINE}" textLength="{number(length * WIDTH)}"'
            out.append(f"<text {place}{look}>{html.escape(text.strip(), False)}</text>")
    return "".join(out), style


def picture(frames):
    width, height = COLUMNS * WIDTH + 2 * MARGIN, ROWS * HEIGHT + TITLE + MARGIN
    rows, groups, rules = {}, [], []
    total, start = sum(pause for _, _, pause in frames), 0
    for index, (lines, caption, pause) in enumerate(frames):
        uses, style = [], {}
        for place, line in enumerate(lines):
            content, style = drawn(line, style)
            if content:
                name = rows.setdefault(content, f"r{len(rows)}")
                uses.append(f'<use href="#{name}" y="{place * HEIGHT}"/>')
        begin, end = (round(100 * moment / total, 2) for moment in (start, start + pause))
        first = "" if begin == 0 else "0%{visibility:hidden}"
        rules.append(f"@keyframes k{index}{{{first}{begin:g}%{{visibility:visible}}{end:g}%{{visibility:hidden}}}}"
                     f".k{index}{{animation:k{index} {total:g}s step-end infinite}}")
        title = f'<text class="t" x="{width / 2 - MARGIN:g}" y="-14">{html.escape(caption, False)}</text>'
        hidden = "" if index == 0 else ' visibility="hidden"'
        groups.append(f'<g class="k{index}"{hidden}>{title}{"".join(uses)}</g>')
        start += pause
    defs = "".join(f'<g id="{name}">{content}</g>' for content, name in rows.items())
    dots = "".join(f'<circle cx="{16 + 18 * index}" cy="17" r="5.5" fill="#30363d"/>' for index in range(3))
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} xml:space="preserve">
<title>subscope watching the demo's traffic: a filter, an open message, a diff, a plot, the latest values</title>
<style>
text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}}
.t{{font-family:system-ui,sans-serif;fill:#9198a1;text-anchor:middle}}
{"".join(rules)}
@media(prefers-reduced-motion:reduce){{g{{animation:none!important}}}}
</style>
<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="9" fill="{BACKGROUND}" stroke="#30363d"/>
{dots}
<defs>{defs}</defs>
<g transform="translate({MARGIN} {TITLE})" fill="{FOREGROUND}">
{chr(10).join(groups)}
</g>
</svg>
"""


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/subscope"
    (ROOT / "assets/demo.svg").write_text(picture(record(Path(program).resolve())))


main()
