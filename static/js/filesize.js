// How large files are, and which kind, in words.
const KINDS = {
  "application/pdf": "PDF",
  "application/zip": "ZIP",
  "application/gzip": "GZ",
  "audio/mpeg": "MP3",
  "video/mp4": "MP4",
  "video/quicktime": "MOV",
};

/** "84 kB", "3.1 MB". */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 999_500) return `${Math.round(count / 1000)} kB`;
  return `${(count / 1_000_000).toFixed(count < 9_950_000 ? 1 : 0)} MB`;
}

/** "84 kB, PDF": the kind by what the server found, else by the name's ending. */
export function described({ size, mime, name }) {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toUpperCase();
  const kind = KINDS[mime] === "ZIP" ? ending : (KINDS[mime] ?? ending);
  return kind ? `${bytes(size)}, ${kind}` : bytes(size);
}

/** "0:07", "12:30". */
export function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
