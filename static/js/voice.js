// Plays voice notes: one at a time, at the speed one likes, from wherever one points.
import { clock } from "./filesize.js";
import { clone, find } from "./page.js";
import { fileUrl } from "./upload.js";

const SPEEDS = [1, 1.5, 2];
const BARS = 40;
const HEIGHT = 28;
let playing = null;
let speed = 1;

/** A recording with its button, its waveform and its speed. */
export function player(file) {
  const element = clone("voice-note");
  const note = new Note(element, file);
  find("voice-play", element).addEventListener("click", () => note.toggle());
  find("voice-seek", element).addEventListener("input", ({ target }) => note.seek(target.value / 1000));
  find("voice-speed", element).addEventListener("click", () => note.faster());
  return element;
}

class Note {
  #audio = null; // made for the first who listens

  constructor(element, file) {
    Object.assign(this, { element, file, at: 0 });
    drawWave(find("voice-wave", element), file.waveform ?? []);
    find("voice-seek", element).setAttribute("aria-label", `Position in a voice message of ${clock(file.seconds)}`);
    this.#show();
  }

  toggle() {
    if (playing === this) return this.#audio.pause();
    playing?.toggle();
    this.#open();
    this.#audio.playbackRate = speed;
    this.#audio.play().catch(() => this.#failed());
  }

  /** Goes to a part of the whole, 0 to 1. */
  seek(part) {
    this.#open();
    this.at = part * this.file.seconds;
    this.#audio.currentTime = this.at;
    this.#show();
  }

  faster() {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    if (playing) playing.#audio.playbackRate = speed;
    this.#show();
  }

  #open() {
    if (this.#audio) return;
    const audio = new Audio(fileUrl(this.file));
    this.#audio = audio;
    audio.onplay = () => ((playing = this), this.#show());
    audio.onpause = () => (playing === this && (playing = null), this.#show());
    audio.ontimeupdate = () => ((this.at = audio.currentTime), this.#show());
    audio.onended = () => ((this.at = 0), (audio.currentTime = 0), this.#show());
    audio.onerror = () => this.#failed();
  }

  #failed() {
    find("voice-time", this.element).textContent = "Can’t be played";
  }

  #show() {
    const { element, file } = this;
    const part = Math.min(1, this.at / file.seconds);
    const on = playing === this;
    element.classList.toggle("is-playing", on);
    find("voice-play-words", element).textContent = on ? "Pause" : "Play voice message";
    find("voice-time", element).textContent = clock(this.at > 0 ? this.at : file.seconds);
    find("voice-speed", element).firstElementChild.textContent = `${speed}×`;
    find("voice-speed-words", element).textContent = `Speed ${speed}, change`;
    const seek = find("voice-seek", element);
    seek.value = Math.round(part * 1000);
    seek.setAttribute("aria-valuetext", `${clock(this.at)} of ${clock(file.seconds)}`);
    const bars = find("voice-wave", element).children;
    for (let index = 0; index < bars.length; index += 1) bars[index].classList.toggle("is-past", index < part * bars.length);
  }
}

/** The loudnesses (0 to 100) as bars of an SVG. */
function drawWave(svg, loudness) {
  const bars = Array.from({ length: BARS }, (_, index) => loudness[Math.floor((index * loudness.length) / BARS)] ?? 8);
  svg.setAttribute("viewBox", `0 0 ${BARS * 4} ${HEIGHT}`);
  svg.replaceChildren(...bars.map((loud, index) => bar(index * 4, Math.max(3, (loud / 100) * HEIGHT))));
}

function bar(x, height) {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ x, y: (HEIGHT - height) / 2, width: 2.4, height, rx: 1.2 })) rect.setAttribute(name, value);
  return rect;
}
