// Files of tensors, of runs, and of pictures.

#include <initializer_list>
#include <string>

#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

Tensor weights() { return tg::ones({2, 3}).requires_grad_(); }
struct Model {
  Tensor weight = weights();
  void visit(nn::Visitor& f) { f("weight", weight); }
};
struct Tied {
  Tensor weight = weights();
  void visit(nn::Visitor& f) {
    f("weight", weight);
    f("head", weight);
  }
};

std::string path(const char* name) { return messages::folder().file(name); }
template <std::size_t n>
std::string file(const char* name, const char (&content)[n]) {  // which may hold zeros
  return messages::folder().write(name, {content, n - 1});
}
std::string idx(std::initializer_list<int> bytes) {
  return messages::folder().write("images.idx", std::string(bytes.begin(), bytes.end()));
}
std::string digits(const nn::IdxArray& images, const nn::IdxArray& labels) {
  nn::write_idx(path("train-images-idx3-ubyte"), images);
  nn::write_idx(path("train-labels-idx1-ubyte"), labels);
  return messages::folder().path();
}

}  // namespace

messages::Sections messages::of_files() {
  return {
      {"Files of tensors",
       "`path(name)` is in a folder that may be written to, and `file(name, "
       "content)` a file there. `Model` has one parameter, `weight`, and `Tied` has "
       "it twice.",
       {
           TAPEGRAD_MISTAKE(
               FileError,
               "load_file: cannot open 'no/such/net.safetensors': No such file or directory",
               nn::load_file("no/such/net.safetensors")),
           TAPEGRAD_MISTAKE(FileError,
                            "save_file: cannot write 'no/such/net.safetensors': No such file or "
                            "directory; no file was changed",
                            nn::save_file("no/such/net.safetensors", {{"w", y}})),
           TAPEGRAD_MISTAKE(FileError,
                            "save_file: cannot write 'net.bin': its name ends in \".bin\"; use "
                            "\".safetensors\", \".npz\" or \".npy\"",
                            nn::save_file(path("net.bin"), {{"w", y}})),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_file: 'net.bin' is no file of a kind that is read: .safetensors, .pt of "
               "a state dict, .npz, .npy",
               nn::load_file(file("net.bin", "weights"))),
           TAPEGRAD_MISTAKE(FileError, "load_file: 'e.safetensors' is empty: it has 0 bytes",
                            nn::load_file(file("e.safetensors", ""))),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_file: 'net.pt' is in the format that PyTorch wrote before 2020; load it "
               "there, and write it again: torch.save(torch.load(path), path)",
               nn::load_file(file("net.pt", "\x80\x02\x8a\nl\xfc\x9c\x46\xf9"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_file: 'net.safetensors', offset 0: a header of 258 bytes, where 2 are "
               "left and at most 100000000 are allowed: it is cut off",
               nn::load_file(file("net.safetensors", "\x02\x01\0\0\0\0\0\0{}"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_file: 'net.safetensors', offset 8: 64 bytes of memory are needed for "
               "what comes here, and 8 are left of the 8 that the option max_bytes allows; "
               "set the option max_bytes to more, if you trust the file",
               nn::save_file(path("net.safetensors"), {{"w", y}});
               nn::load_file(path("net.safetensors"), {.max_bytes = 8})),
           TAPEGRAD_MISTAKE(ValueError, "save_file: 'net.safetensors': the tensor 'w' is undefined",
                            nn::save_file(path("net.safetensors"), {{"w", Tensor()}})),
           TAPEGRAD_MISTAKE(ValueError,
                            "save_file: 'net.safetensors': the name 'w' stands for two tensors",
                            nn::save_file(path("net.safetensors"), {{"w", x}, {"w", y}})),
           TAPEGRAD_MISTAKE(ValueError,
                            "save_file: 'net.safetensors': a name, or the metadata, is no UTF-8",
                            nn::save_file(path("net.safetensors"), {{"\xff", y}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "save_file: 'net.safetensors': no tensor may be called '__metadata__'; that "
               "is the place of metadata",
               nn::save_file(path("net.safetensors"), {{"__metadata__", y}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "save_file: 'net.safetensors', tensor 'w': element 0 is 1000000000, which "
               "float16 does not hold; use bfloat16, or write it as it is",
               nn::save_file(path("net.safetensors"), {{"w", y * 1e9}},
                             {.dtype = nn::Store::float16})),
           TAPEGRAD_MISTAKE(ValueError, "save_file: 'net.npz': the tensor 'w' is undefined",
                            nn::save_file(path("net.npz"), {{"w", Tensor()}})),
           TAPEGRAD_MISTAKE(ValueError, "save_file: 'net.npz': the name 'w' stands for two tensors",
                            nn::save_file(path("net.npz"), {{"w", x}, {"w", y}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "save_file: 'net.npz': the name '\\x00' has a zero byte, or more than 65000 "
               "bytes",
               nn::save_file(path("net.npz"), {{std::string(1, '\0'), y}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "save_file: 'net.npz': NumPy's files have no place for metadata ('epoch'); "
               "use \".safetensors\"",
               nn::save_file(path("net.npz"), {{"w", y}}, {.metadata = {{"epoch", "3"}}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "save_file: 'net.npz': NumPy has no bfloat16; use float16, or "
               "\".safetensors\"",
               nn::save_file(path("net.npz"), {{"w", y}}, {.dtype = nn::Store::bfloat16})),
           TAPEGRAD_MISTAKE(ValueError,
                            "save_file: 'net.npy' holds one tensor, not 2; use \".npz\"",
                            nn::save_file(path("net.npy"), {{"w", x}, {"b", y}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "save: 'net.safetensors': the metadata has 'head', which is a tensor's name "
               "in the model; the place says that it is the tensor 'weight'",
               Tied model;
               nn::save(path("net.safetensors"), model, {.metadata = {{"head", "new"}}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "load: 'net.safetensors': the state does not fit the model, nothing was "
               "loaded\n  weight: missing in the state\n  w: not in the model",
               Model model;
               nn::save_file(path("net.safetensors"), {{"w", tg::ones({5})}});
               nn::load(path("net.safetensors"), model)),
       }},
      {"Checkpoints",
       "`path`, `file` and `Model` as above.",
       {
           TAPEGRAD_MISTAKE(
               ValueError,
               "Checkpoint: 'the epoch' is no name for a part; use letters, digits, '_' and "
               "'-'",
               int epoch = 0;
               nn::Checkpoint().add("the epoch", epoch)),
           TAPEGRAD_MISTAKE(ValueError, "Checkpoint: there is a part 'epoch' already",
                            int epoch = 0;
                            nn::Checkpoint().add("epoch", epoch).add("epoch", epoch)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Checkpoint: the parameter 'weight' was made by an operator; use its detach()",
               Model model;
               model.weight = x * 2;
               nn::Checkpoint().add("net", model).save(path("run.safetensors"))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Checkpoint::save: parts of the run are missing; add them, before anything in "
               "them is replaced:\n  the model of 'weight', which 'optimizer' trains",
               Model model;
               nn::SGD sgd(nn::parameters(model));
               nn::Checkpoint().add("optimizer", sgd).save(path("run.safetensors"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "Checkpoint: cannot write 'run.pt': its name must end in \".safetensors\"",
               nn::Checkpoint().save(path("run.pt"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "Checkpoint: 'run.safetensors' is no checkpoint, which is a .safetensors that "
               "save() wrote; name another file, or remove this one to begin anew",
               nn::Checkpoint().load(file("run.safetensors", "text"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "Checkpoint: 'run.safetensors' has tensors, but is no checkpoint; nn::load "
               "reads it into a model",
               nn::save_file(path("run.safetensors"), {{"w", y}});
               nn::Checkpoint().load(path("run.safetensors"))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Checkpoint: 'run.safetensors' is not of this run, nothing was loaded\n  "
               "step: not in the file\n  epoch: integer in the file, nothing here",
               int epoch = 0;
               nn::Checkpoint().add("epoch", epoch).save(path("run.safetensors"));
               nn::Checkpoint().add("step", epoch).load(path("run.safetensors"))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Checkpoint: 'run.safetensors' is not of this run, nothing was loaded\n  "
               "epoch: 300 in the file, which the variable cannot hold",
               int epoch = 300;
               nn::Checkpoint().add("epoch", epoch).save(path("run.safetensors"));
               std::int8_t small = 0;
               nn::Checkpoint().add("epoch", small).load(path("run.safetensors"))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Checkpoint: 'run.safetensors' is not of this run, nothing was loaded\n  net: "
               "model: the state does not fit the model, nothing was loaded\n    weight: [5] "
               "in the model, [2, 3] in the state",
               Model model, other;
               other.weight = tg::ones({5});
               nn::Checkpoint().add("net", model).save(path("run.safetensors"));
               nn::Checkpoint().add("net", other).load(path("run.safetensors"))),
       }},
      {"Files of digits and graphs",
       "`idx(bytes)` is the path of a file `images.idx` that holds these bytes; "
       "`digits(images, labels)` is the folder of two such files, `train-images-idx3-ubyte` and "
       "`train-labels-idx1-ubyte`.",
       {
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 0: truncated: expected the 4 bytes of an IDX "
               "magic number, found 3",
               nn::read_idx(idx({0, 0, 8}))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 0: not an IDX file: expected the magic number "
               "00 00 TT RR with a type TT of 08, 09, 0b, 0c, 0d or 0e and a rank RR, found "
               "01 02 03 04",
               nn::read_idx(idx({1, 2, 3, 4}))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 3: expected at most 8 dimensions, found 9",
               nn::read_idx(idx({0, 0, 8, 9}))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 4: truncated: expected 4 bytes with the sizes "
               "of 1 dimensions, found 2",
               nn::read_idx(idx({0, 0, 8, 1, 0, 0}))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 8: truncated: expected 2 bytes for shape [2], "
               "found 1; the file is cut off or its header is damaged",
               nn::read_idx(idx({0, 0, 8, 1, 0, 0, 0, 2, 7}))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 9: expected the end of the file after shape "
               "[1], found more bytes",
               nn::read_idx(idx({0, 0, 8, 1, 0, 0, 0, 1, 7, 7}))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_idx: 'images.idx', offset 4: absurd dimensions [4294967295, "
               "4294967295]: their product passes 2^63; the header is damaged",
               nn::read_idx(idx({0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255}))),
           TAPEGRAD_MISTAKE(FileError, "load_mnist: there is no folder 'no/such/folder'",
                            nn::load_mnist("no/such/folder", true)),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_mnist: found no train-images-idx3-ubyte[.gz] in '.'; give a folder in "
               "MNIST's format, with train-images-idx3-ubyte and train-labels-idx1-ubyte",
               nn::load_mnist(".", true)),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_mnist: 'train-images-idx3-ubyte', offset 2: expected images, bytes (08) of "
               "rank 03, found 08 02",
               nn::load_mnist(digits({.shape = {1, 1}, .bytes = {9}}, {.shape = {1}, .bytes = {2}}),
                              true)),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_mnist: 'train-labels-idx1-ubyte', offset 4: expected as many labels as there "
               "are images in 'train-images-idx3-ubyte', 1, found 2",
               nn::load_mnist(
                   digits({.shape = {1, 1, 1}, .bytes = {9}}, {.shape = {2}, .bytes = {2, 2}}),
                   true)),
           TAPEGRAD_MISTAKE(
               FileError,
               "load_mnist: 'train-labels-idx1-ubyte', offset 8: expected a label in [0, 10), "
               "found 12",
               nn::load_mnist(
                   digits({.shape = {1, 1, 1}, .bytes = {9}}, {.shape = {1}, .bytes = {12}}),
                   true)),
           TAPEGRAD_MISTAKE(ValueError, "load_mnist: the argument folder is empty",
                            nn::load_mnist("", true)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "load_mnist: num_classes must be at least 1, or 0 for the usual number, but is "
               "-1",
               nn::load_mnist("digits", true, -1)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "IdxArray::to_tensor: shape [3] needs 3 bytes but there are 1",
                            nn::IdxArray array{.shape = {3}, .bytes = {1}};
                            array.to_tensor()),
           TAPEGRAD_MISTAKE(
               ShapeError, "write_idx: a size of 8589934592 does not fit the 32 bits of the format",
               nn::write_idx("large.idx", {.shape = {std::int64_t{1} << 33, 0}})),
           TAPEGRAD_MISTAKE(
               FileError, "write_dot: cannot write 'no/such/graph.dot': No such file or directory",
               tg::write_dot("no/such/graph.dot", sum(x))),
           TAPEGRAD_MISTAKE(
               FileError, "render_dot: cannot write 'no/such/graph.svg': No such file or directory",
               tg::render_dot(tg::to_dot(sum(x)), "no/such/graph.svg")),
           TAPEGRAD_MISTAKE(
               ValueError,
               "render_dot: 'graph.gif' must end in .svg, .png or .pdf, which say what is drawn",
               tg::render_dot(tg::to_dot(sum(x)), "graph.gif")),
       }},
  };
}
