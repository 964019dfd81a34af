// The outbox's place on this device: IndexedDB. Every answer is a promise; a browser that refuses costs nothing but
// the safety of a reload.
let opening = null;

/** Keeps an entry until it is forgotten. Resolves to whether it is safely stored. */
export const keep = (entry) => run("readwrite", (box) => box.put(entry)).then(...SUCCESS);

/** Forgets an entry. */
export const forget = (id) => run("readwrite", (box) => box.delete(id)).then(...SUCCESS);

/** The user's entries in the order they were written, or null where nothing can be stored. */
export async function all(user) {
  try {
    const found = await run("readonly", (box) => box.index("user").getAll(user));
    return found.sort((a, b) => a.at - b.at);
  } catch {
    return null;
  }
}

const SUCCESS = [() => true, () => false];

async function run(mode, ask) {
  const database = await open();
  return new Promise((resolve, reject) => {
    // Strict: an entry counts as stored when a power cut can't take it.
    const transaction = database.transaction("outbox", mode, { durability: "strict" });
    const request = ask(transaction.objectStore("outbox"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("mychat", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "client_id" }).createIndex("user", "user");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onclose = request.result.onversionchange = () => (request.result.close(), (opening = null));
      resolve(request.result);
    };
  });
  opening.catch(() => (opening = null));
  return opening;
}
