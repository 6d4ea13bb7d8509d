#!/bin/sh
# demo_page.sh SIGNAL_RUN PICTURE_RUN: demo/index.html from the files that demo.sh has made, to
# standard output.
set -eu
cd "$(dirname "$0")/.."

# Text as it is, for HTML.
escaped() {
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$1"
}

measure() { # FILE NAME
    sed -n "s/^$2  *\([0-9.]*\) .*/\1/p" "$1" | head -n 1
}

result() { # TITLE NAME
    printf '<section><h3>%s</h3><p>macro F1 <b>%s %%</b>, accuracy %s %%.</p>\n' \
        "$1" "$(measure "demo/$2.txt" 'macro F1')" "$(measure "demo/$2.txt" accuracy)"
    printf '<details><summary>all measures</summary><pre>%s</pre></details><a href="%s.csv">each prediction</a></section>\n' \
        "$(escaped "demo/$2.txt")" "$2"
}

report() { # TITLE NAME
    printf '<section><h3><a href="%s.html">%s</a></h3><p>Summary, curves, errors, shortcuts, model card (<a href="%s.pdf">as PDF</a>).</p></section>\n' \
        "$2" "$1" "$2"
}

cat <<'HTML'
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>nemg demo</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733 }
h1, h2, h3 { line-height: 1.2 } .row { display: flex; flex-wrap: wrap; gap: 1.5rem } .row > * { flex: 1 1 20rem; margin: 0; min-width: 0 }
img { max-width: 100%; border: 1px solid #d5dbe1 } figcaption { font-size: .9rem }
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
printf '<h2>The reports</h2><div class="row">'
report 'Signals: ResNet along time' report-signal
report 'Pictures: ResNet-18, a quarter of its width, 107 px' report-picture
printf '</div>\n<h2>Patients that were not trained on</h2><div class="row">'
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
