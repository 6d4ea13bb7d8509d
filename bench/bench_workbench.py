#!/usr/bin/python3
"""bench_workbench.py MODEL_OF_PICTURES,MODEL_OF_SIGNALS PICTURE [seconds of load]

What the workbench takes in a real Chromium (Debian's chromium-driver, python3-selenium): first paint,
the first sweep of ten minutes and of an hour at 48 kHz, frames while it runs (Chromium's own tracing),
and fifty clients at once. One JSON line each. NEMG: the program.
"""
import json
import os
import random
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import trio
import trio_websocket
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

RATE, CLIENTS = 48000, 50
nemg, models, picture = os.environ["NEMG"], sys.argv[1], sys.argv[2]
seconds_of_load = float(sys.argv[3]) if len(sys.argv) > 3 else 120


def say(**line):
    print(json.dumps(line), flush=True)


def write_recording(folder, name, minutes):
    """One channel of noise with a spike ten times a second: what is drawn is never flat."""
    noise = random.Random(1)
    second = [round(noise.gauss(0, 20)) for _ in range(RATE)]
    for i in range(10):
        at = i * RATE // 10 + noise.randrange(1000)
        second[at:at + 60] = [round(400 * (1 if k < 20 else -0.5)) for k in range(60)]
    block = struct.pack(f"<{RATE}h", *second)
    with open(os.path.join(folder, f"{name}.dat"), "wb") as f:
        for _ in range(60 * minutes):
            f.write(block)
    with open(os.path.join(folder, f"{name}.hea"), "w", encoding="ascii") as f:
        f.write(f"{name} 1 {RATE} {60 * minutes * RATE}\n{name}.dat 16 3.2768/uV 16 0 0 0 0 EMG\n")


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024


# ---- In the browser ----

def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,943",
                     "--remote-allow-origins=*"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def first_paints(driver, address, n=5):
    times = []
    for _ in range(n):
        driver.get(address)
        time.sleep(1)
        times.append(driver.execute_script(
            "return performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    return times


# From the click in the list to the frame in which the trace, and the strip below, are drawn.
FIRST_SWEEP = """
const [name, done] = arguments;
const button = [...document.querySelectorAll('#recording-list button')].find((b) => b.textContent.startsWith(name));
const title = document.getElementById('recording-name'), before = title.textContent;
const canvases = [document.getElementById('trace'), document.getElementById('overview')], at = [0, 0];
const hasTrace = (c) => {
  if (!c.width || !c.clientWidth) return false;
  const color = getComputedStyle(c).getPropertyValue('--trace').trim();
  const rgb = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let n = 0;
  for (let i = 0; i < d.length; i += 4) n += rgb.every((v, k) => Math.abs(d[i + k] - v) < 12);
  return n > 300;
};
const start = performance.now();
button.click();
const look = () => {
  const now = performance.now() - start;
  if (title.textContent !== before) canvases.forEach((c, i) => { if (!at[i] && hasTrace(c)) at[i] = now; });
  if ((at[0] && at[1]) || now > 30000) done(at); else requestAnimationFrame(look);
};
look();
"""


def traced(driver, action):
    """The events of Chromium's tracing while action runs: through its DevTools, beside the driver."""
    at = driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
    with urllib.request.urlopen(f"http://{at}/json/version") as f:
        socket = json.load(f)["webSocketDebuggerUrl"]
    events = []

    async def run():
        async with trio_websocket.open_websocket_url(socket, max_message_size=1 << 28) as ws:
            async def wait(is_last):
                while True:
                    message = json.loads(await ws.get_message())
                    if message.get("method") == "Tracing.dataCollected":
                        events.extend(message["params"]["value"])
                    if is_last(message):
                        return
            categories = "cc,viz,benchmark,devtools.timeline,disabled-by-default-devtools.timeline.frame"
            await ws.send_message(json.dumps({"id": 1, "method": "Tracing.start", "params": {
                "transferMode": "ReportEvents", "traceConfig": {"includedCategories": categories.split(",")}}}))
            await wait(lambda m: m.get("id") == 1)
            await trio.to_thread.run_sync(action)
            await ws.send_message(json.dumps({"id": 2, "method": "Tracing.end"}))
            await wait(lambda m: m.get("method") == "Tracing.tracingComplete")

    trio.run(run)
    return events


def frames(driver, ms_per_division):
    """Frames a second that were drawn and that were dropped, and ms between frames, in ten seconds of free run."""
    trace = driver.find_element(By.ID, "trace")
    Select(driver.find_element(By.ID, "ms")).select_by_value(ms_per_division)
    trace.send_keys("f")
    time.sleep(0.5)
    events = traced(driver, lambda: time.sleep(10))
    trace.send_keys("s")
    drawn = sorted(e["ts"] for e in events if e["name"] == "DrawFrame")
    dropped = sum(e["name"] == "DroppedFrame" and not e.get("args", {}).get("isPartial") for e in events)
    gaps = sorted((b - a) / 1000 for a, b in zip(drawn, drawn[1:]))
    say(what="free run", ms_per_division=int(ms_per_division), frames_per_s=round(1000 * len(gaps) / sum(gaps), 1),
        dropped=dropped, ms_median=round(statistics.median(gaps), 2), ms_p99=round(gaps[int(0.99 * len(gaps))], 2))


def in_browser(address):
    driver = browser()
    driver.set_script_timeout(60)
    try:
        times = first_paints(driver, address)
        say(what="first contentful paint", ms_median=statistics.median(times), ms_first=times[0], ms_worst=max(times))
        for name, minutes in (("ten", 10), ("hour", 60)):
            driver.get("about:blank")  # else the canvases still hold what was open before
            driver.get(address.split("?")[0] + "#recordings")
            time.sleep(1.5)
            sweep, strip = driver.execute_async_script(FIRST_SWEEP, name)
            say(what="opens a recording", minutes=minutes, rate_hz=RATE, ms_first_sweep=round(sweep),
                ms_whole_strip=round(strip))
        for ms in ("10", "100", "500"):
            frames(driver, ms)
    finally:
        driver.quit()


# ---- Fifty clients ----

class Load:
    def __init__(self, address):
        self.base, token = address.split("/?token=")
        self.headers = {"Authorization": f"Bearer {token}"}
        with open(picture, "rb") as f:
            self.picture = f.read()
        self.lock = threading.Lock()
        self.times, self.errors, self.jobs, self.turned_away = [], [], 0, 0
        self.recordings = [r["recording"] for r in self.ask("/recordings")["recordings"]]

    def ask(self, path, body=None, kind=None):
        request = urllib.request.Request(f"{self.base}/api/v1{path}", data=body,
                                         headers={**self.headers, **({"Content-Type": kind} if kind else {})})
        start = time.monotonic()
        with urllib.request.urlopen(request, timeout=60) as f:
            data = f.read()
            is_json = f.headers.get_content_type() == "application/json"
        with self.lock:
            self.times.append(time.monotonic() - start)
        return json.loads(data) if is_json else data

    def send_picture(self):
        body = b"--nemg\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n" + self.picture + b"\r\n--nemg--\r\n"
        return self.ask("/pictures", body, "multipart/form-data; boundary=nemg")["pictures"][0]["picture"]

    def job(self, wish):
        try:
            job = self.ask("/jobs", json.dumps(wish).encode(), "application/json")
        except urllib.error.HTTPError as e:
            if e.code != 503:  # 503: the queue is full, and says when to come again
                raise
            with self.lock:
                self.turned_away += 1
            time.sleep(1)
            return
        while job["state"] not in ("done", "failed", "stopped"):
            time.sleep(0.3)
            job = self.ask(f"/jobs/{job['job']}")
        if job["state"] != "done":
            raise RuntimeError(str(job))
        with self.lock:
            self.jobs += 1

    def client(self, i, end):
        dice = random.Random(i)
        while time.monotonic() < end:
            try:
                r = dice.choice(self.recordings)
                seconds = self.ask(f"/recordings/{r}")["duration_s"]
                for _ in range(5):
                    self.ask(f"/recordings/{r}/trace?from={dice.uniform(0, seconds - 1):.3f}&duration=0.1&columns=1000&highpass=10")
                if i % 2:
                    self.job({"kind": "classify-pictures", "model": "m1", "pictures": [self.send_picture()]})
                else:
                    self.job({"kind": "classify-recording", "model": "m2", "recording": r})
            except Exception as e:  # counted, and said
                why = e.read().decode() if isinstance(e, urllib.error.HTTPError) else repr(e)
                with self.lock:
                    self.errors.append(why[:300])

    def run(self, pid, seconds):
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.client, args=(i, end)) for i in range(CLIENTS)]
        for t in threads:
            t.start()
        memory = []
        while time.monotonic() < end:
            time.sleep(seconds / 12)
            memory.append(round(memory_mb(pid)))
        for t in threads:
            t.join()
        times = sorted(self.times)
        say(what="load", clients=CLIENTS, seconds=seconds, requests=len(times), jobs=self.jobs, errors=len(self.errors),
            first_errors=self.errors[:3], turned_away=self.turned_away, ms_median=round(1000 * statistics.median(times), 1),
            ms_p99=round(1000 * times[int(0.99 * len(times))], 1), memory_mb=memory)


def serve(folder, scratch):
    environment = dict(os.environ, XDG_DATA_HOME=scratch, TMPDIR=scratch)
    server = subprocess.Popen([nemg, "serve", "--model", models, "--recordings", folder], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, env=environment)
    return server, server.stdout.readline().strip()


with tempfile.TemporaryDirectory() as scratch:
    long, short = os.path.join(scratch, "long"), os.path.join(scratch, "short")
    os.mkdir(long)
    os.mkdir(short)
    write_recording(long, "ten", 10)
    write_recording(long, "hour", 60)
    for k in range(6):
        write_recording(short, f"r{k}", 1)
    for folder, measure in ((long, lambda s, a: in_browser(a)),
                            (short, lambda s, a: Load(a).run(s.pid, seconds_of_load))):
        server, address = serve(folder, scratch)
        try:
            measure(server, address)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
