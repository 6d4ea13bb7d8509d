"""chart.py: small panels as one SVG that reads on light and on dark paper.

    c = Chart("title", "a line below it", columns=3)
    c.bars("panel", "unit", [Bar("label", value, low, high, is_ours)])
    c.curves("panel", "x", "y", [Curve("label", points, line)], notes)
    c.write("file.svg")
"""

import math
from collections import namedtuple
from xml.sax.saxutils import escape

Bar = namedtuple("Bar", "label value low high is_ours")
Curve = namedtuple("Curve", "label points line")  # [(x, y)], [(x, y)]: measured, and what it is held against

PANEL_W, MARGIN, HEAD, FONT = 330, 16, 58, 11
PLOT_H, BAR_H = 170, 19
# Two hues that differ in lightness too, for those who see few colours.
STYLE = """
svg { --paper: #fff; --ink: #1f2328; --soft: #59636e; --rule: #d8dee4; --a: #0b5fad; --b: #c2571a; --other: #9aa5b1 }
@media (prefers-color-scheme: dark) {
svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9aa5b1; --rule: #30363d; --a: #58a6ff; --b: #f0883e;
      --other: #6b7683 } }
text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink) }
.title { font-size: 15px; font-weight: 600 } .panel { font-size: 12px; font-weight: 600 }
.soft { fill: var(--soft); font-size: 10px } .end { text-anchor: end } .middle { text-anchor: middle }
.paper { fill: var(--paper) } .rule { stroke: var(--rule) } .ours, .a { fill: var(--a) } .b { fill: var(--b) }
.other { fill: var(--other) } .range { stroke: var(--ink) }
.line { fill: none; stroke-dasharray: 4 3; stroke-width: 1.2 }
.line.a { fill: none; stroke: var(--a) } .line.b { fill: none; stroke: var(--b) }
"""


def number(x):
    return f"{x:.3g}" if abs(x) < 1000 else f"{x:,.0f}"


def logarithmic_ticks(low, high):
    """1, 2 and 5 of each decade, or powers of ten only where these are many; at least two"""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    many = [m * 10.0**d for d in decades for m in (1, 2, 5) if low * 0.999 <= m * 10.0**d <= high * 1.001]
    few = [x for x in many if math.isclose(math.log10(x), round(math.log10(x)), abs_tol=1e-9)]
    return few if len(many) > 6 and len(few) >= 2 else many


class Chart:
    def __init__(self, title, below, columns=3):
        self.title, self.below, self.columns = title, below, columns
        self.panels = []  # (height, parts relative to the panel's corner)

    def bars(self, title, unit, bars):
        label_w, value_w = 158, 40
        plot_w = PANEL_W - 2 * MARGIN - label_w - value_w
        most = max(b.high for b in bars)
        parts = [f'<text class="panel" x="0" y="12">{escape(title)}</text>',
                 f'<text class="soft end" x="{PANEL_W - 2 * MARGIN}" y="12">{escape(unit)}</text>']
        for i, b in enumerate(bars):
            y, w = 22 + i * BAR_H, plot_w * b.value / most
            kind = "ours" if b.is_ours else "other"
            middle, low, high = y + 7, label_w + plot_w * b.low / most, label_w + plot_w * b.high / most
            parts += [f'<text class="end" x="{label_w - 6}" y="{y + 11}">{escape(b.label)}</text>',
                      f'<rect class="{kind}" x="{label_w}" y="{y}" width="{w:.1f}" height="14" rx="1.5"/>',
                      f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>',
                      f'<text class="end" x="{PANEL_W - 2 * MARGIN}" y="{y + 11}">{number(b.value)}</text>']
        self.panels.append((30 + len(bars) * BAR_H, parts))

    def curves(self, title, x_name, y_name, curves, notes=()):
        """Both axes logarithmic: what grows as the work does is a straight line."""
        left, plot_w = 44, PANEL_W - 2 * MARGIN - 52
        points = [p for c in curves for p in (*c.points, *c.line)]
        x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
        y_low, y_high = min(y for _, y in points) * 0.8, max(y for _, y in points) * 1.25

        def place(x, y):
            across = math.log(x / x_low) / math.log(x_high / x_low) if x_high > x_low else 0.5
            return left + 8 + (plot_w - 16) * across, 22 + PLOT_H * (1 - math.log(y / y_low) / math.log(y_high / y_low))

        parts = [f'<text class="panel" x="0" y="12">{escape(title)}</text>']
        for y in logarithmic_ticks(y_low, y_high):
            _, at = place(x_low, y)
            parts += [f'<line class="rule" x1="{left}" x2="{left + plot_w}" y1="{at:.1f}" y2="{at:.1f}"/>',
                      f'<text class="soft end" x="{left - 4}" y="{at + 3:.1f}">{number(y)}</text>']
        for x in sorted({x for c in curves for x, _ in c.points}):
            at, _ = place(x, y_low)
            parts.append(f'<text class="soft middle" x="{at:.1f}" y="{22 + PLOT_H + 13}">{number(x)}</text>')
        parts.append(f'<text class="soft middle" x="{left + plot_w / 2}" y="{22 + PLOT_H + 27}">{escape(x_name)}; '
                     f"{escape(y_name)} upwards</text>")
        for kind, c in zip("ab", curves):
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*p) for p in c.line))
            if path:
                parts.append(f'<polyline class="line {kind}" points="{path}"/>')
            parts += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>'
                      for x, y in (place(*p) for p in c.points)]
        y = 22 + PLOT_H + 44
        for kind, c in zip("ab", curves):
            parts += [f'<circle class="{kind}" cx="4" cy="{y - 4}" r="3.2"/>',
                      f'<text x="12" y="{y}">{escape(c.label)}</text>']
            y += 15
        for text in notes:
            parts.append(f'<text class="soft" x="12" y="{y}">{escape(text)}</text>')
            y += 13
        self.panels.append((y, parts))

    def text(self):
        width, y, body = self.columns * PANEL_W, HEAD, []
        for start in range(0, len(self.panels), self.columns):
            row = self.panels[start:start + self.columns]
            for i, (_, parts) in enumerate(row):
                body += [f'<g transform="translate({i * PANEL_W + MARGIN} {y})">', *parts, "</g>"]
            y += max(h for h, _ in row) + 18
        head = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}" '
                'role="img">',
                f"<title>{escape(self.title)}</title>", f"<style>{STYLE}</style>",
                f'<rect class="paper" width="{width}" height="{y}"/>',
                f'<text class="title" x="{MARGIN}" y="24">{escape(self.title)}</text>',
                f'<text class="soft" x="{MARGIN}" y="40">{escape(self.below)}</text>']
        return "\n".join([*head, *body, "</svg>", ""])

    def write(self, path):
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.text())
