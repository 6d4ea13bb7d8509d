/* style.c: see style.h. */
#include "draw/style.h"

#include <stddef.h>
#include <string.h>

const struct style styles[] = {
    {"paper", "black on white, grey grid", 0xFFFFFF, 0xFFFFFF, 0xD9DEE2, 0x8A949C, 0x101418,
     0x1D2730, 1.2, STYLE_GRID_LINES, true},
    {"screen", "dark blue on white, grey grid", 0xF2F4F6, 0xFFFFFF, 0xDCDCDC, 0xA0A8B0,
     0x0A1A5C, 0x20262C, 1.6, STYLE_GRID_LINES, true},
    {"phosphor", "green on black, dark green grid", 0x000000, 0x020A04, 0x0F4A22, 0x1C6E36,
     0x4DFF7C, 0x9AD9AA, 1.4, STYLE_GRID_LINES, true},
    {"night", "yellow on dark blue, dots", 0x0A1428, 0x0E1B36, 0x4A6190, 0x4A6190, 0xFFE14D,
     0xC9D6EE, 1.3, STYLE_GRID_DOTS, true},
    {"amber", "amber on black, axes with ticks", 0x0B0800, 0x0B0800, 0x6B4A10, 0x6B4A10,
     0xFFB233, 0xD9A75A, 1.6, STYLE_GRID_MIDDLE, true},
    {"cyan", "cyan on dark grey, crosses", 0x1B1F22, 0x22272B, 0x5C6870, 0x5C6870, 0x39D6E8,
     0xD3DADF, 1.2, STYLE_GRID_CROSS, true},
    {"plain", "black on white, nothing else", 0xFFFFFF, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF, 0x000000,
     0x000000, 1.0, STYLE_GRID_NONE, true},
    {"bold", "thick blue on light grey", 0xE8EBEE, 0xF4F6F8, 0xC8D0D8, 0x90A0B0, 0x1450A0,
     0x20303C, 2.4, STYLE_GRID_LINES, true},
    {"chart", "red on pink squares, as heat-sensitive paper", 0xFFFFFF, 0xFFF6F2, 0xF3C6BC,
     0xD98C7C, 0x8C1A12, 0x4A2018, 1.2, STYLE_GRID_LINES, true},
    {"vga", "white on blue, hard edges, axes", 0x0000AA, 0x0000AA, 0x5555FF, 0xAAAAAA, 0xFFFFFF,
     0xFFFFFF, 1.0, STYLE_GRID_MIDDLE, false},
    {"mono", "black on white, hard edges, dots", 0xFFFFFF, 0xFFFFFF, 0x808080, 0x000000,
     0x000000, 0x000000, 1.0, STYLE_GRID_DOTS, false},
    {"lcd", "dark on grey-green, hard edges", 0xB4C2A8, 0xBECCB2, 0x9DAC92, 0x5A6652, 0x1E2A1C,
     0x1E2A1C, 1.0, STYLE_GRID_CROSS, false},
    {0},
};

const struct style *style_find(const char *name)
{
    for (const struct style *s = styles; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}
