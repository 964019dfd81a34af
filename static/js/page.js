// What every module may know of the page it is on.
const root = document.documentElement;

export const me = root.dataset.user;
/** What the server wants to see with everything that changes something; a visitor’s page may have none. */
export const csrf = document.querySelector("meta[name=csrf]")?.content;
export const channel = "BroadcastChannel" in window ? new BroadcastChannel(`mychat-${me}`) : null;
export const socketUrl = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws/`;

/** The first element that carries `data-<hook>`, inside `within`. */
export const find = (hook, within = document) => within.querySelector(`[data-${hook}]`);
/** All of them. */
export const findAll = (hook, within = document) => [...within.querySelectorAll(`[data-${hook}]`)];
/** A fresh copy of what `<template id=...>` holds. */
export const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
/** The address of a room's page, or of its messages. */
export const roomUrl = (room, rest = "") => `/r/${room}/${rest}`;

/** Whether somebody is looking at this tab now. */
export const watched = () => document.visibilityState === "visible" && document.hasFocus();

/** A number of things in words: plural(2, "message") is "2 messages". */
export const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Drafts and the like, for which a browser without storage only means that they don't last. */
export const notes = {
  read(key) {
    try {
      return localStorage.getItem(key) ?? "";
    } catch {
      return "";
    }
  },
  write(key, text) {
    try {
      if (text) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
    } catch {
      // Full or forbidden: the text is still in the box.
    }
  },
};
