#!/usr/bin/python3
"""test_workbench.py MODEL_OF_PICTURES,MODEL_OF_SIGNALS RECORDINGS PICTURE...

The workbench in a real Chromium (Debian's chromium-driver and python3-selenium): every flow by click
and by keyboard, bad files, two tabs, a restart in the middle, an empty console, and checks of our own
of what a screen reader, a keyboard, a narrow window, a printer and eyes that see few colours find.
Prints "ok NAME" or "FAILED NAME: why". SHOTS=DIR keeps screenshots.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

nemg, models, recordings, pictures = os.environ["NEMG"], sys.argv[1], sys.argv[2], sys.argv[3:]
scratch = tempfile.TemporaryDirectory()
failures = 0


def check(name, is_good, why=""):
    global failures
    failures += not is_good
    print(f"ok {name}" if is_good else f"FAILED {name}: {why}", flush=True)


def start(port=0):
    environment = dict(os.environ, XDG_DATA_HOME=scratch.name, TMPDIR=scratch.name)
    server = subprocess.Popen([nemg, "serve", "--model", models, "--recordings", recordings, "--threads", "1",
                               "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, env=environment)
    return server, server.stdout.readline().strip()


def stop(server):
    server.send_signal(signal.SIGTERM)
    return server.wait(timeout=30)


def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,943", "--autoplay-policy=no-user-gesture-required"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def find(name):
    return driver.find_element(By.ID, name)


def until(name, condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                check(name, True)
                return
        except Exception:  # the page is being drawn
            pass
        time.sleep(0.05)
    check(name, False, f"alert: {find('alert').text}; status: {find('status').text}")


def shot(name):
    if "SHOTS" in os.environ:
        driver.save_screenshot(os.path.join(os.environ["SHOTS"], f"{name}.png"))


def console(name, expected=0):
    lines = [x["message"] for x in driver.get_log("browser") if x["level"] in ("SEVERE", "WARNING")]
    check(f"console-{name}", len(lines) <= expected, "; ".join(lines)[:600])


# What a screen reader and a keyboard need, over the page that is shown.
accessibility = """
const bad = [], seen = (e) => e.getClientRects().length > 0;
const named = (e) => (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || e.alt || e.title || '').trim()
  || e.getAttribute('aria-labelledby');
for (const e of document.querySelectorAll('button, a[href], input, select, canvas[tabindex], progress'))
  if (seen(e) && !named(e)) bad.push('no name: ' + e.outerHTML.slice(0, 80));
for (const e of document.querySelectorAll('img')) if (seen(e) && !e.alt) bad.push('no alt: ' + e.src);
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) bad.push('id twice: ' + id);
for (const e of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
  for (const id of (e.getAttribute('aria-labelledby') || e.getAttribute('aria-describedby')).split(' '))
    if (!document.getElementById(id)) bad.push('points nowhere: ' + id);
let level = 0;
for (const h of document.querySelectorAll('h1, h2, h3, h4')) if (seen(h)) {
  const n = Number(h.tagName[1]); if (n > level + 1) bad.push('heading jumps: ' + h.textContent); level = n; }
for (const t of document.querySelectorAll('table')) if (seen(t) && (!t.caption || !t.querySelector('th[scope]'))) bad.push('table without caption or header');
if (!document.documentElement.lang || !document.title) bad.push('no lang or title');
const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
const light = (c) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
const backOf = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
for (const e of document.querySelectorAll('p, h1, h2, h3, label, button, a, td, th, li, span, caption')) {
  if (!seen(e) || e.disabled || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
  const [a, b] = [light(parse(getComputedStyle(e).color)), light(backOf(e))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) bad.push('contrast ' + ((a + 0.05) / (b + 0.05)).toFixed(2) + ': ' + e.textContent.slice(0, 40)); // WCAG 2.2, 1.4.3
}
if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) bad.push('wider than the window: ' + document.documentElement.scrollWidth);
return bad;
"""


def accessible(name):
    bad = driver.execute_script(accessibility)
    check(f"accessible-{name}", not bad, "; ".join(bad)[:900])


def media(scheme):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def window(width, height):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


def pictures_page():
    until("first-page", lambda: find("h-pictures").is_displayed() and find("picture-model").text)
    check("token-not-in-address", "token" not in driver.current_url, driver.current_url)
    check("research-use", "Research use only" in driver.find_element(By.TAG_NAME, "header").text)
    accessible("pictures-empty")
    find("picture-files").send_keys("\n".join(pictures))
    until("pictures-classified", lambda: len(driver.find_elements(By.CSS_SELECTOR, ".card .scores")) == len(pictures))
    sums = driver.execute_script("""return [...document.querySelectorAll('.card .scores')].map((t) =>
      [...t.rows].reduce((a, r) => a + parseFloat(r.cells[r.cells.length - 1].textContent), 0))""")
    check("scores-add-up", all(abs(s - 100) < 0.3 for s in sums), sums)
    button = driver.find_element(By.CSS_SELECTOR, ".card button")
    button.send_keys(Keys.ENTER)
    until("heat-map", lambda: button.get_attribute("aria-pressed") == "true")
    shot("pictures")
    button.send_keys(Keys.ENTER)
    until("heat-map-off", lambda: button.get_attribute("aria-pressed") == "false")
    similar = driver.find_element(By.XPATH, "//div[@class='bar']/button[text()='Similar examples']")
    similar.send_keys(Keys.ENTER)
    until("similar-examples", lambda: len(driver.find_elements(By.CSS_SELECTOR, ".examples img")) == 6)
    check("similar-examples-are-of-the-training", "what it was trained on" in driver.find_element(By.CSS_SELECTOR, ".similar p").text)
    shot("similar")
    accessible("pictures")
    # pasted: what a browser gives a page for Ctrl+V
    driver.execute_async_script("""const done = arguments[0];
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
      canvas.getContext('2d').fillRect(10, 100, 300, 3);
      canvas.toBlob((blob) => { const data = new DataTransfer(); data.items.add(new File([blob], 'pasted.png', { type: 'image/png' }));
        document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data })); done(); });""")
    until("pasted", lambda: len(driver.find_elements(By.CSS_SELECTOR, ".card .scores")) == len(pictures) + 1)
    console("pictures")
    find("picture-files").send_keys(os.path.abspath(__file__))
    until("bad-picture-is-told", lambda: "not a JPEG" in find("alert").text)
    console("bad-picture", expected=1)  # the browser logs a status of 415 by itself


def press(*keys):
    find("trace").send_keys(*keys)


def recordings_page():
    find("nav-recordings").send_keys(Keys.ENTER)
    until("list", lambda: len(driver.find_elements(By.CSS_SELECTOR, "#recording-list button")) > 2)
    driver.find_elements(By.CSS_SELECTOR, "#recording-list button")[2].send_keys(Keys.ENTER)
    until("opened", lambda: find("viewer").is_displayed() and "events" not in find("events-count").text)
    until("trace-is-drawn", lambda: driver.execute_script("""const c = document.getElementById('trace');
      const d = c.getContext('2d').getImageData(0, c.height / 4, c.width, c.height / 2).data;
      const colors = new Set(); for (let i = 0; i < d.length; i += 4) colors.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return colors.size > 8;"""))
    accessible("recordings")
    at = lambda: float(find("position").get_attribute("value"))
    press(Keys.ARROW_RIGHT)
    until("right-moves-a-division", lambda: abs(at() - 0.010) < 1e-6)
    press(Keys.SHIFT, Keys.ARROW_RIGHT)
    until("shift-moves-a-screen", lambda: abs(at() - 0.110) < 1e-6)
    press(Keys.NULL, Keys.HOME)
    until("home", lambda: at() == 0)
    before = Select(find("uv")).first_selected_option.text
    press(Keys.ARROW_DOWN)
    until("gain-by-key", lambda: Select(find("uv")).first_selected_option.text != before)
    press("-")
    until("sweep-by-key", lambda: Select(find("ms")).first_selected_option.text == "20 ms/div")
    press("+", "c")
    until("calipers", lambda: find("readout").text.startswith("Calipers: 30.00 ms"))
    press(Keys.ARROW_RIGHT)
    until("calipers-by-key", lambda: "30.50 ms" in find("readout").text)
    press("n")
    driver.switch_to.active_element.send_keys("Fibs?", Keys.ENTER)
    until("annotated", lambda: "person" in find("events").text)
    rows = lambda: [r.text for r in driver.find_elements(By.CSS_SELECTOR, "#events tbody tr")]
    check("annotation-where", any("0.030" in r and "30.5" in r and "Fibs?" in r for r in rows()), rows()[:3])
    press(Keys.ESCAPE)
    Select(find("event-source")).select_by_value("person")
    until("table-by-source", lambda: len(rows()) == 1)
    driver.find_element(By.XPATH, "//button[text()='Delete']").send_keys(Keys.ENTER)
    until("annotation-deleted", lambda: len(rows()) == 0)
    Select(find("event-source")).select_by_value("")
    header = driver.find_element(By.XPATH, "//th/button[text()='Label']")
    header.send_keys(Keys.ENTER)
    until("sorted", lambda: header.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending")
    find("classify").send_keys(Keys.ENTER)
    until("windows-classified", lambda: "windows" in find("legend").text and find("classify").is_enabled(), 60)
    Select(find("event-source")).select_by_value("model")
    until("windows-in-table", lambda: "model" in rows()[0])
    find("rules").send_keys(Keys.ENTER)
    until("rules", lambda: "rules point to" in find("rules-text").text)
    Select(find("rhythm-label")).select_by_index(0)
    until("trains", lambda: "discharges of" in find("rhythm-text").text)
    press(".")
    shot("recordings")
    press(" ")
    until("sound", lambda: find("play").get_attribute("aria-pressed") == "true")
    start_at = at()
    until("sound-moves-the-trace", lambda: at() > start_at)
    find("volume").send_keys(*[Keys.ARROW_RIGHT] * 30)
    until("clip-lamp", lambda: find("clip").text == "CLIPPING")
    press(" ")
    until("sound-stops", lambda: find("play").get_attribute("aria-pressed") == "false")
    press("r")
    until("raster", lambda: Select(find("view")).first_selected_option.text == "raster")
    shot("raster")
    press("f", Keys.HOME)
    until("free-run", lambda: at() > 0.05)
    press("s", "?")
    until("keys", lambda: find("keys").is_displayed())
    accessible("keys")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    accessible("recordings-classified")
    console("recordings")


def looks():
    for name, width, height in (("desk", 1280, 800), ("tablet", 820, 1180), ("zoom-200", 640, 400), ("phone", 400, 800)):
        window(width, height)
        time.sleep(0.2)
        accessible(name)
        shot(name)
    window(1280, 800)
    media("dark")
    time.sleep(0.2)
    accessible("dark")
    shot("dark")
    media("light")
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    pdf = driver.execute_cdp_cmd("Page.printToPDF", {})["data"]
    check("printed", len(pdf) > 10000)


def two_tabs():
    first = driver.current_window_handle
    address = driver.current_url
    driver.switch_to.new_window("tab")
    driver.get(address)
    until("second-tab", lambda: find("viewer").is_displayed())
    find("classify").click()
    until("second-tab-classifies", lambda: "windows" in find("legend").text and find("classify").is_enabled(), 60)
    driver.close()
    driver.switch_to.window(first)
    find("classify").click()
    until("first-tab-classifies", lambda: find("classify").is_enabled(), 60)
    console("two-tabs")


def restart(server, address):
    port = int(address.split(":")[2].split("/")[0])
    check("stops", stop(server) == 0)
    find("classify").click()
    until("server-gone-is-told", lambda: "Is nemg serve still running?" in find("alert").text)
    server, address = start(port)
    find("classify").click()
    until("other-token-is-told", lambda: "started anew" in find("alert").text)
    driver.get(address)
    until("goes-on-after-restart", lambda: find("h-pictures").is_displayed())
    check("stops-again", stop(server) == 0)


try:
    driver = browser()
except WebDriverException as why:  # no room for a browser on this machine; nothing of ours
    print(f"skipped: Chromium does not start here: {str(why.msg).splitlines()[0]}")
    sys.exit(77)
server, address = start()
try:
    driver.get(address)
    pictures_page()
    recordings_page()
    looks()
    two_tabs()
    restart(server, address)
finally:
    driver.quit()
    server.kill()
    scratch.cleanup()
sys.exit(failures > 0)
