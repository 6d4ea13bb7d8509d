#!/bin/sh
# demo_page.sh SIGNAL_RUN PICTURE_RUN: demo/index.html from the files that demo.sh has made, to
# standard output.
set -eu
cd "$(dirname "$0")/.."

# Text as it is, for HTML.
escaped() {
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$1"
}

# curve RUN: loss of training (thin) and of validation (thick) over steps, as inline SVG. The axis
# of losses is logarithmic.
curve() {
    awk -F, '
        NR > 1 && $4 != "" && $4 > 0 { step[++n] = $1; loss[n] = log($4) / log(10) }
        NR > 1 && $10 != "" && $10 > 0 { vstep[++m] = $1; vloss[m] = log($10) / log(10) }
        function x(s) { return 40 + 440 * s / last }
        function y(l) { return 180 - 170 * (l - low) / (high - low) }
        END {
            low = -2; high = 1; last = step[n] > vstep[m] ? step[n] : vstep[m]
            print "<svg viewBox=\"0 0 500 210\" role=\"img\" aria-label=\"loss over steps\">"
            for (l = low; l <= high; l++)
                printf "<line x1=\"40\" x2=\"480\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/><text x=\"34\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", y(l), y(l), y(l) + 4, 10 ^ l
            printf "<text x=\"480\" y=\"200\" text-anchor=\"end\">step %d</text>\n<polyline class=\"train\" points=\"", last
            for (i = 1; i <= n; i++) printf "%.1f,%.1f ", x(step[i]), y(loss[i] < low ? low : loss[i] > high ? high : loss[i])
            printf "\"/>\n<polyline class=\"validation\" points=\""
            for (i = 1; i <= m; i++) printf "%.1f,%.1f ", x(vstep[i]), y(vloss[i] < low ? low : vloss[i] > high ? high : vloss[i])
            print "\"/></svg>"
        }' "$1/history.csv"
}

# matrix FILE: the confusion matrix of an evaluation's text, as a table.
matrix() {
    awk '
        /^counts:/ { on = 1; next }
        on && !NF { exit }
        on && !head { head = 1; n = NF; printf "<table><tr><th></th>"
            for (i = 1; i <= n; i++) printf "<th>%s</th>", $i
            print "</tr>"; next }
        on { printf "<tr><th>%s</th>", $1
            for (i = 2; i <= n + 1; i++) { sum = 0; for (k = 2; k <= n + 1; k++) sum += $k
                printf "<td style=\"--share:%.2f\">%s</td>", sum ? $i / sum : 0, $i }
            print "</tr>" }
        END { print "</table>" }' "$1"
}

measure() { # FILE NAME
    sed -n "s/^$2  *\([0-9.]*\) .*/\1/p" "$1" | head -n 1
}

result() { # TITLE NAME
    printf '<section><h3>%s</h3><p>macro F1 <b>%s %%</b>, accuracy %s %%. Rows: truth; columns: what the model says.</p>\n' \
        "$1" "$(measure "demo/$2.txt" 'macro F1')" "$(measure "demo/$2.txt" accuracy)"
    matrix "demo/$2.txt"
    printf '<details><summary>all measures</summary><pre>%s</pre></details><a href="%s.csv">each prediction</a></section>\n' \
        "$(escaped "demo/$2.txt")" "$2"
}

cat <<'HTML'
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>nemg demo</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733 }
h1, h2, h3 { line-height: 1.2 } .row { display: flex; flex-wrap: wrap; gap: 1.5rem } .row > * { flex: 1 1 20rem; margin: 0; min-width: 0 }
img { max-width: 100%; border: 1px solid #d5dbe1 } figcaption { font-size: .9rem }
table { border-collapse: collapse } td, th { padding: .3rem .8rem; text-align: right; border: 1px solid #d5dbe1 }
td { background: color-mix(in srgb, #0b5d8a calc(var(--share) * 55%), white) }
svg { width: 100%; max-width: 34rem } svg text { font-size: 11px; fill: #51606e } .grid { stroke: #dde3e8 }
polyline { fill: none } .train { stroke: #8fa3b3 } .validation { stroke: #0b5d8a; stroke-width: 2.5 }
pre { overflow-x: auto; background: #f4f6f8; padding: .6rem; font-size: .8rem } .use { font-weight: bold }
</style></head><body>
<h1>nemg: what the demo did</h1>
<p class="use">Research use only.</p>
<p>Everything here is simulated: fibres, motor units, needles and machines by physics, with exact truth. No public
recording of fibrillation potentials or positive sharp waves exists; how well these models do on people nobody knows.</p>
<h2>The three classes</h2>
<p>Recordings of the other laboratory, eight sweeps of 100 ms one below the other. Negative is up.</p>
<div class="row">
HTML
for what in "fibs Fibrillation potentials: short, two or three phases, the first one down, regular" \
    "psw Positive sharp waves: a sharp deflection down, then a long shallow one up" \
    "others Others: here motor unit potentials of a voluntary contraction"; do
    printf '<figure><a href="%s.svg"><img src="%s.svg" alt="%s"></a><figcaption>%s</figcaption></figure>\n' \
        "${what%% *}" "${what%% *}" "${what#* }" "${what#* }"
done
printf '</div>\n<h2>The data sets</h2>\n<div class="row"><div><h3>Signals</h3><pre>'
grep -vE '^([$] |leak|research|data set|$)' demo/signal-a.txt | sed 's/&/\&amp;/g; s/</\&lt;/g'
printf '</pre></div><div><h3>Pictures</h3><pre>'
grep -vE '^([$] |leak|research|data set|$)' demo/picture-a.txt | sed 's/&/\&amp;/g; s/</\&lt;/g'
printf '</pre></div></div>\n<p>Each patient is on one side. Stretches of validation or test that look like one of training: signals %s, pictures %s.</p>\n' \
    "$(grep -c '^leak' demo/signal-a.txt || true)" "$(grep -c '^leak' demo/picture-a.txt || true)"
printf '<h2>Training</h2><p>Loss: training thin, validation thick.</p><div class="row"><div><h3>Signals: ResNet along time</h3>'
curve "$1"
printf '</div><div><h3>Pictures: ResNet-18, a quarter of its width, 107 px</h3>'
curve "$2"
printf '</div></div>\n<h2>Patients that were not trained on</h2><div class="row">'
result Signals signal-unseen
result Pictures picture-unseen
printf '</div><h2>The other laboratory: other machines, needles, rates and fibres</h2><div class="row">'
result Signals signal-other
result Pictures picture-other
printf '</div><h2>One picture, one recording</h2><div class="row"><figure><img src="card.png" alt="a picture and the probability of each class"></figure><pre>'
head -n 30 demo/recording.txt | sed 's/&/\&amp;/g; s/</\&lt;/g'
printf '</pre></div>\n<h2>Files</h2><ul>\n'
for file in lab-a/manifest.csv lab-a/simulation.json lab-b/manifest.csv signal-a/dataset.json picture-a/dataset.json \
    "${1#demo/}/history.csv" "${1#demo/}/model/model.json" "${2#demo/}/history.csv" "${2#demo/}/model/model.json"; do
    printf '<li><a href="%s">%s</a></li>\n' "$file" "$file"
done
printf '</ul><p class="use">Research use only.</p></body></html>\n'
