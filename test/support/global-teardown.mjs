// After the last spec: the server stops, unless another run uses it too.
export default async function tearDown() {
  await globalThis.waybillTestServer?.stop();
}
