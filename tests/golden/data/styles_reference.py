"""Where the trace of each style lies, computed from geometry alone, without cairo or our rasteriser.

The sweep is a formula, 100 ms at 2 kHz: a positive and a negative deflection and a long tail.
  x(t) = 130 g(t, 30, 1.5) - 90 g(t, 34, 2) + 60 exp(-(t - 60) / 12) (t > 60 ms: after a rise of 1.5 ms) - 20
  g(t, m, s) = exp(-((t - m) / s)^2 / 2)
The trace is the line through the samples under a round pen as wide as the style says. For every 5th column of
pixels: the first and the last row of which it covers 0.45; half where a style has no soft edges.
  raster   320 x 240 pixels, 10 x 8 divisions of 10 ms and 50 uV, positive down
  page     the panel of a page, divisions of 32 pixels
Also how many pixels of a raster without trace the grid takes.

Usage: python3 styles_reference.py STYLE_C OUT.json        (STYLE_C: src/draw/style.c)
"""
import json, math, re, sys

RATE, N, EVERY, FINE = 2000.0, 201, 5, 64


def g(t, m, s):
    return math.exp(-(((t - m) / s) ** 2) / 2)


def value(t):
    tail = 60 * min(1, (t - 60) / 1.5) * math.exp(-(t - 60) / 12) if t > 60 else 0
    return 130 * g(t, 30, 1.5) - 90 * g(t, 34, 2) + tail - 20


def line(width, height):
    """y at x = k / FINE pixels."""
    per_ms, per_uv = width / 100, height / 8 / 50
    ys = []
    for k in range(width * FINE + 1):
        place = k / FINE / per_ms / 1e3 * RATE
        i = min(int(place), N - 2)
        a, b = value(i / RATE * 1e3), value((i + 1) / RATE * 1e3)
        ys.append(height / 2 + per_uv * (a + (b - a) * (place - i)))
    return ys


def edges(ys, width, height, line_px, least):
    """[x, first row, last row] that the line covers by `least` or more."""
    out = []
    reach = int(line_px / 2 * FINE)
    pen = [math.sqrt(max(0, (line_px / 2) ** 2 - (d / FINE) ** 2)) for d in range(reach + 1)]
    for x in range(EVERY, width - EVERY, EVERY):
        share = {}
        for sub in range(x * FINE + 1, (x + 1) * FINE, 4):
            near = range(sub - reach, sub + reach + 1)
            top = min(ys[k] - pen[abs(k - sub)] for k in near)
            low = max(ys[k] + pen[abs(k - sub)] for k in near)
            for row in range(math.floor(top), math.ceil(low)):
                share[row] = share.get(row, 0) + (min(low, row + 1) - max(top, row)) / (FINE // 4)
        rows = [row for row, part in share.items() if part >= least and 0 <= row < height]
        out.append([x, min(rows), max(rows)])
    return out


def grid_pixels(kind, width, height):
    nx, ny = 10, 8
    dx, dy = width / nx, height / ny
    on = set()

    def add(x0, x1, y0, y1):
        on.update((x, y) for x in range(max(0, x0), min(width - 1, x1) + 1)
                  for y in range(max(0, y0), min(height - 1, y1) + 1))

    fl = math.floor
    if kind == "LINES":
        for i in range(nx + 1):
            add(fl(i * dx), fl(i * dx), 0, height)
        for i in range(ny + 1):
            add(0, width, fl(i * dy), fl(i * dy))
    elif kind == "MIDDLE":
        xm, ym, arm = fl(width / 2), fl(height / 2), max(1, fl(dx / 14))
        add(xm, xm, 0, height)
        add(0, width, ym, ym)
        for i in range(nx + 1):
            add(fl(i * dx), fl(i * dx), ym - arm, ym + arm)
        for i in range(ny + 1):
            add(xm - arm, xm + arm, fl(i * dy), fl(i * dy))
    elif kind == "CROSS":
        arm = max(1, fl(dx / 12))
        for i in range(nx + 1):
            for k in range(ny + 1):
                add(fl(i * dx) - arm, fl(i * dx) + arm, fl(k * dy), fl(k * dy))
                add(fl(i * dx), fl(i * dx), fl(k * dy) - arm, fl(k * dy) + arm)
    elif kind == "DOTS":
        for i in range(5 * nx + 1):
            for k in range(5 * ny + 1):
                if i % 5 == 0 or k % 5 == 0:
                    add(fl(i * dx / 5), fl(i * dx / 5), fl(k * dy / 5), fl(k * dy / 5))
    return len(on)


def main():
    source = open(sys.argv[1]).read()
    styles = re.findall(r'\{"(\w+)", "[^"]*",(?:\s*0x[0-9A-F]{6},)+\s*([0-9.]+), STYLE_GRID_(\w+), (\w+)\}', source)
    raster, page = line(320, 240), line(320, 256)
    out = {}
    for name, width, kind, is_soft in styles:
        px, least = float(width), 0.45 if is_soft == "true" else 1 / 2
        out[name] = {"raster": edges(raster, 320, 240, px, least), "page": edges(page, 320, 256, px, least),
                     "grid_pixels": grid_pixels(kind, 320, 240)}
    with open(sys.argv[2], "w") as f:
        f.write("{\n" + ",\n".join(f'"{k}": ' + json.dumps(v, separators=(",", ":")) for k, v in out.items()) + "\n}\n")


main()
