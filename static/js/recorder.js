// Records voice notes: a bar in place of the box while one speaks, then a message of its own.
import { clock } from "./filesize.js";
import { find } from "./page.js";
import { say } from "./notice.js";

const TYPES = { "audio/webm;codecs=opus": "webm", "audio/mp4": "m4a", "audio/ogg;codecs=opus": "ogg" };
const LONGEST = 15 * 60; // seconds, as the server has it
const SHORTEST = 0.5;
const SAMPLE = 0.1; // seconds between two looks at how loud it is
const BARS = 64;

let take = null;

/** Begins to record, if nothing is being recorded. `send(blob, name, {seconds, waveform})` takes what was said. */
export async function record({ form, send }) {
  const bar = find("recording", form);
  if (take) return;
  take = new Take({ shown: (seconds) => (find("recording-time", bar).textContent = clock(seconds)), send, end: () => close(form, bar) });
  if (!(await take.begin())) return (take = null);
  form.classList.add("is-recording");
  bar.hidden = false;
  find("recording-send", bar).onclick = () => take?.finish();
  find("recording-cancel", bar).onclick = () => take?.cancel();
  bar.onkeydown = (event) => event.key === "Escape" && (event.stopPropagation(), take?.cancel());
  find("recording-send", bar).focus();
}

function close(form, bar) {
  take = null;
  form.classList.remove("is-recording");
  bar.hidden = true;
  find("record-button", form).focus();
}

/** One recording, from the question for the microphone to the file. */
class Take {
  #parts = [];
  #loudness = []; // 0 to 1, every SAMPLE
  #kept = false;

  constructor({ shown, send, end }) {
    Object.assign(this, { shown, send, end, type: Object.keys(TYPES).find((one) => MediaRecorder.isTypeSupported(one)) });
  }

  /** Whether it began. */
  async begin() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      say("The microphone can’t be used. Allow it for this site in your browser, and try again.");
      return false;
    }
    this.recorder = new MediaRecorder(this.stream, { mimeType: this.type, audioBitsPerSecond: 32_000 });
    this.recorder.ondataavailable = ({ data }) => this.#parts.push(data);
    this.recorder.onstop = () => this.#stopped();
    this.#listen();
    this.recorder.start(1000);
    this.began = performance.now();
    this.shown(0);
    return true;
  }

  /** It is what one wanted to say. */
  finish() {
    this.#kept = true;
    this.#stop();
  }

  cancel() {
    this.#stop();
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  #stop() {
    if (this.recorder.state === "inactive") return;
    this.length = this.seconds;
    this.recorder.stop();
  }

  #listen() {
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(this.stream).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      this.#loudness.push(Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length));
      this.shown(this.seconds);
      if (this.seconds > LONGEST - 1) this.finish();
    }, SAMPLE * 1000);
  }

  #stopped() {
    clearInterval(this.timer);
    this.context.close();
    for (const track of this.stream.getTracks()) track.stop(); // the browser's sign that somebody listens goes out
    this.end();
    if (!this.#kept) return;
    if (this.length < SHORTEST) return say("That was too short to send.");
    const blob = new Blob(this.#parts, { type: this.type });
    const waveform = JSON.stringify(barsOf(this.#loudness));
    this.send(blob, `Voice message.${TYPES[this.type]}`, { seconds: this.length.toFixed(2), waveform });
  }
}

/** The loudest of each stretch, 0 to 100, as parts of the loudest of all. */
function barsOf(loudness) {
  const count = Math.min(BARS, loudness.length);
  const loudest = Math.max(0.02, ...loudness);
  const stretch = (index) => loudness.slice(Math.floor((index * loudness.length) / count), Math.floor(((index + 1) * loudness.length) / count));
  return Array.from({ length: count }, (_, index) => Math.round((100 * Math.max(...stretch(index))) / loudest));
}
