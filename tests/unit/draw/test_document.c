/* test_document.c: one file that needs nothing else, pages that hold everything, no half documents. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "draw/document.h"

static void draw(struct canvas *c, struct chart_box box, const void *context)
{
    canvas_text(c, context, box.x, box.y + 20, 12, CANVAS_LEFT, box.width, CHART_INK);
}

static void tell(struct document *d)
{
    static const char *const heads[] = {"name", "value"};
    document_lead(d, "%d of %d", 3, 4);
    document_item(d, "one");
    document_item(d, "two & three");
    document_heading(d, 1, "First <part>");
    document_text(d, "%s",
                  "Words that are so many that they do not fit into one line of a page, "
                  "whatever the font, for there are more than a hundred letters in them.");
    document_table(d, "A caption", "lr", heads);
    for (int i = 0; i < 100; i++) {
        document_cell(d, "row %d", i);
        document_cell(d, "%d", i * i);
    }
    document_figure(d, &(struct document_figure){"Title", "What is \"seen\"", "caption",
                                                 DOCUMENT_HALF, 100, draw, "drawn text"});
    document_figure(d, &(struct document_figure){"Other", "More", NULL, DOCUMENT_HALF, 120,
                                                 draw, "more text"});
    document_heading(d, 2, "Second");
    document_note(d, "the end");
}

static struct document *document_of(void)
{
    struct document *d;
    struct err e;
    assert_int_equal(document_new(&d, "A \"title\"", "footer", &e), 0);
    tell(d);
    return d;
}

static void html_needs_nothing_else(void **state)
{
    (void)state;
    struct document *d = document_of();
    unsigned char *file;
    size_t n;
    struct err e;
    assert_int_equal(document_html(&file, &n, d, &e), 0);
    char *text = mem_printf("%.*s", (int)n, (const char *)file);
    static const char *const wanted[] = {
        "<title>A &quot;title&quot;</title>",
        "<h2 id=\"s0\">First &lt;part&gt;</h2>",
        "<a href=\"#s0\">First &lt;part&gt;</a>",
        "<caption>A caption</caption>",
        "<th scope=\"col\" class=\"r\">value</th>",
        "<th scope=\"row\">row 99</th>",
        "<td class=\"r\">9801</td>",
        "<ul>\n<li>one</li>\n<li>two &amp; three</li>\n</ul>",
        "<svg role=\"img\" aria-label=\"Title. What is &quot;seen&quot;\"",
        "<desc>What is \"seen\"</desc>",
        ">drawn text</text>",
        "<figcaption>caption</figcaption>",
        "<h3>Second</h3>",
        "prefers-color-scheme:dark",
        "</html>\n"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(text, wanted[i]))
            fail_msg("%s is not there", wanted[i]);
    static const char *const unwanted[] = {"<script", "<?xml", "src=", "@import", "url("};
    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
        assert_null(strstr(text, unwanted[i]));
    for (const char *at = strstr(text, "http"); at; at = strstr(at + 1, "http"))
        assert_memory_equal(at, "http://www.w3.org/", 18); // names of SVG, nothing is fetched
    mem_free(text);
    mem_free(file);
    document_free(d);
}

// 100 rows do not fit on one page; the same document gives the same bytes.
static void pages_are_many_and_always_the_same(void **state)
{
    (void)state;
    struct document *d = document_of();
    unsigned char *a, *b;
    size_t n_a, n_b, n_pages = 0;
    struct err e;
    assert_int_equal(document_pdf(&a, &n_a, d, &e), 0);
    assert_int_equal(document_pdf(&b, &n_b, d, &e), 0);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(a, b, n_a);
    assert_memory_equal(a, "%PDF-1.", 7);
    static const char page[] = "/Type /Page";
    for (size_t i = 0; i + sizeof page < n_a; i++) // not "/Type /Pages"
        n_pages += memcmp(a + i, page, sizeof page - 1) == 0 && a[i + sizeof page - 1] != 's';
    assert_int_equal(n_pages, 3);
    mem_free(a);
    mem_free(b);
    document_free(d);
}

static void no_memory_is_told_by_the_writers(void **state)
{
    (void)state;
    for (long k = 0; k < 4; k++) {
        struct document *d;
        unsigned char *file = NULL;
        size_t n;
        struct err e = {0};
        mem_fail_at(k);
        int rc = document_new(&d, "title", "footer", &e);
        if (rc == 0) {
            tell(d);
            rc = document_html(&file, &n, d, &e);
        }
        mem_fail_at(-1);
        if (rc < 0)
            assert_int_equal(e.code, ERR_MEMORY);
        mem_free(file);
        document_free(d);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_needs_nothing_else),
        cmocka_unit_test(pages_are_many_and_always_the_same),
        cmocka_unit_test(no_memory_is_told_by_the_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
