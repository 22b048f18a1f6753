// Usage: node runtime.cjs WRITER FOLDER-FOR-MODELS FOLDER-WITH-NODE_MODULES
//
// Runs every model that the program WRITER (write_models.cpp) writes in ONNX Runtime, and compares what comes out with
// what the library computed:
// |a - b| <= 1e-5 (1 + |b|), with NaN and infinities in the same places; integers and truth values are equal.
const {execFileSync} = require('child_process');
const fs = require('fs');
const path = require('path');
const [writer, models, packages] = process.argv.slice(2);
const ort = require(path.resolve(packages, 'node_modules/onnxruntime-web'));
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const types = {
  float32: ['float32', Float32Array],
  float64: ['float64', Float64Array],
  int64: ['int64', BigInt64Array],
  bool: ['bool', Uint8Array],
};

execFileSync(writer, [models], {stdio: 'inherit'});
const data = fs.readFileSync(path.join(models, 'data.bin'));

function tensor({type, dims, offset}) {
  const [name, Elements] = types[type];
  const bytes = dims.reduce((a, b) => a * b, 1) * Elements.BYTES_PER_ELEMENT;
  const copy = Uint8Array.prototype.slice.call(data, offset, offset + bytes);
  return new ort.Tensor(name, new Elements(copy.buffer), dims);
}

function agree(a, b) {
  if (typeof a === 'bigint' || a === b || (Number.isNaN(a) && Number.isNaN(b))) return a === b || a !== a;
  return Number.isFinite(b) && Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b));
}

/// What is wrong with an output; empty for nothing.
function difference(found, expected) {
  if (found.type !== expected.type) return `the type is ${found.type}, not ${expected.type}`;
  if (`${found.dims}` !== `${expected.dims}`) return `the shape is [${found.dims}], not [${expected.dims}]`;
  for (let i = 0; i < expected.data.length; ++i)
    if (!agree(found.data[i], expected.data[i]))
      return `element ${i} is ${found.data[i]}, not ${expected.data[i]}`;
  return '';
}

async function main() {
  let calls = 0, failed = 0;
  const fail = (name, what) => {
    ++failed;
    console.log(`${name}: ${what}`);
  };
  const all = JSON.parse(fs.readFileSync(path.join(models, 'models.json')));
  for (const model of all) {
    try {
      const session = await ort.InferenceSession.create(fs.readFileSync(path.join(models, model.file)));
      for (const call of model.calls) {
        ++calls;
        const feeds = {};
        session.inputNames.forEach((name, i) => (feeds[name] = tensor(call.inputs[i])));
        const results = await session.run(feeds);
        session.outputNames.forEach((name, i) => {
          const what = difference(results[name], tensor(call.outputs[i]));
          if (what) fail(model.name, `input [${call.inputs.map(x => x.dims.join(', '))}]: ${what}`);
        });
      }
      await session.release();
    } catch (error) {
      fail(model.name, error.message);
    }
  }
  console.log(`${all.length} models, ${calls} calls, ${failed} differences or errors`);
  process.exit(failed === 0 && calls > 0 ? 0 : 1);
}

main();
