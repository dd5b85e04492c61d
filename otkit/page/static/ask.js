// Questions to the server. One is on its way at a time, and then the newest: a late answer can't undo a newer one.

import { byId } from "./dom.js";

export class Asker {
  #waiting = null;
  #busy = false;

  // onAnswer(question, answer) and onRefusal(question, message) are called in the order of the questions.
  constructor(onAnswer, onRefusal) {
    this.onAnswer = onAnswer;
    this.onRefusal = onRefusal;
  }

  ask(town) {
    this.#waiting = { town, since: performance.now() };
    if (!this.#busy) this.#work();
  }

  async #work() {
    this.#setBusy(true);
    while (this.#waiting) {
      const question = this.#waiting;
      this.#waiting = null;
      await this.#put(question);
      // from the change to the picture: seen in the browser's own performance tools
      performance.measure("redraw", { start: question.since });
    }
    this.#setBusy(false);
  }

  #setBusy(busy) {
    this.#busy = busy;
    byId("main").setAttribute("aria-busy", busy);
  }

  async #put(question) {
    let answer;
    try {
      answer = await post("answer", question.town);
    } catch {
      this.onRefusal(question, "The page has lost its server. Start it again: otkit bakery --serve.");
      return;
    }
    if (answer.error) this.onRefusal(question, answer.error);
    else this.onAnswer(question, answer);
  }
}

async function post(address, content) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  return response.json();
}
