/** Answers the questions of the process that started this one, and ends with it. */
export function answer(questions) {
  process.on('message', ({ question, args }) => {
    Promise.resolve()
      .then(() => questions[question](...args))
      .then(
        (result) => process.send({ result }),
        (error) => process.send({ error: error instanceof Error ? error.stack : String(error) }),
      );
  });
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
}
