/** A small switchboard: `on(name, hear)` and `emit(name, data)`. One listener's failure never costs another its call. */
export function switchboard() {
  const heard = new Map();
  return {
    on(name, hear) {
      if (!heard.has(name)) heard.set(name, new Set());
      heard.get(name).add(hear);
    },
    emit(name, data) {
      for (const hear of heard.get(name) ?? []) {
        try {
          hear(data);
        } catch (error) {
          reportError(error);
        }
      }
    },
  };
}
