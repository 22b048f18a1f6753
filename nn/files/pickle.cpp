#include "nn/files/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "autograd/base/fail.h"
#include "nn/data/shown_text.h"

namespace tapegrad::nn::detail {

namespace {

constexpr std::string_view kStateDict =
    "write a state dict instead: torch.save(model.state_dict(), \"model.pt\")";

struct StorageType {
  std::string_view name;
  Stored stored;
};
constexpr StorageType kStorages[] = {
    {"torch.DoubleStorage", Stored::float64}, {"torch.FloatStorage", Stored::float32},
    {"torch.HalfStorage", Stored::float16},   {"torch.BFloat16Storage", Stored::bfloat16},
    {"torch.LongStorage", Stored::int64},     {"torch.IntStorage", Stored::int32},
    {"torch.ShortStorage", Stored::int16},    {"torch.CharStorage", Stored::int8},
    {"torch.ByteStorage", Stored::uint8},     {"torch.BoolStorage", Stored::boolean}};

/// What an object takes at most: 16 bytes, in vectors that grow twofold, and moves between them.
constexpr std::uint64_t kObject = 64;

constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";

const StorageType* storage_type(std::string_view name) {
  const auto* found = std::find_if(std::begin(kStorages), std::end(kStorages),
                                   [&](const StorageType& type) { return type.name == name; });
  return found == std::end(kStorages) ? nullptr : found;
}

}  // namespace

void Unpickler::refuse(std::string_view what) const {
  fail<FileError>("{}: damaged pickle at byte {}: {}", where_, at_, what);
}

std::string_view Unpickler::take(std::uint64_t count) {
  if (count > bytes_.size() - at_) refuse("it is cut off");
  at_ += count;
  return bytes_.substr(at_ - count, count);
}

std::string_view Unpickler::line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (end == bytes_.npos) refuse("it is cut off");
  const std::string_view found = bytes_.substr(at_, end - at_);
  at_ = end + 1;
  return found;
}

/// Puts an object on the stack, from where it may come into one container.
void Unpickler::push(const Pickled& object) {
  budget_.take(kObject, where_);
  stack_.push_back(object);
}

void Unpickler::push_items(PickledKind kind, Items items) {
  budget_.take(kObject, where_);
  Pickled object(kind);
  object.items = &items_.emplace_back(std::move(items));
  push(object);
}

void Unpickler::push_integer(std::int64_t integer) {
  Pickled object(PickledKind::integer);
  object.integer = integer;
  push(object);
}

/// Little-endian, in two's complement, of any length.
void Unpickler::push_long(std::string_view bytes) {
  if (bytes.size() > sizeof(std::int64_t)) refuse("an integer of more than 64 bits");
  std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~std::uint64_t{0} : 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  push_integer(std::bit_cast<std::int64_t>(value));
}

void Unpickler::push_name(std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + '.' + std::string(name);
  for (const std::string_view known : {kOrderedDict, kTensor, kParameter})
    if (full == known) return push({PickledKind::name, known});
  if (const StorageType* type = storage_type(full)) return push({PickledKind::name, type->name});
  fail<FileError>(
      "{}: it holds '{}', which only a program of Python could make, and nothing is executed; {}",
      where_, shown_name(full), kStateDict);
}

Pickled Unpickler::pop() {
  if (stack_.empty() || (!marks_.empty() && stack_.size() == marks_.back()))
    refuse("an object is missing");
  const Pickled popped = stack_.back();
  stack_.pop_back();
  return popped;
}

const Pickled& Unpickler::top(PickledKind kind) {
  const Pickled object = pop();
  if (object.kind != kind) refuse("an object of another kind was expected");
  return stack_.emplace_back(object);
}

Unpickler::Items Unpickler::pop_to_mark() {
  if (marks_.empty()) refuse("a mark is missing");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  Items items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void Unpickler::memoize(std::uint64_t place) {
  if (stack_.empty()) refuse("an object is missing");
  // Places are counted, so that there are no more than bytes.
  if (place > at_) refuse("a place to remember an object that is too far");
  if (place >= memo_.size()) {
    budget_.take(kObject * (place + 1 - memo_.size()), where_);
    memo_.resize(place + 1);
  }
  memo_[place] = stack_.back();
}

void Unpickler::recall(std::uint64_t place) {
  if (place >= memo_.size() || !memo_[place]) refuse("an object that was not remembered");
  push(*memo_[place]);
}

Shape Unpickler::sizes(const Pickled& tuple) const {
  if (tuple.items->size() > kMaxRank)
    fail<FileError>("{}: a tensor has {} dimensions, where at most {} are allowed", where_,
                    tuple.items->size(), kMaxRank);
  Shape sizes;
  for (const Pickled& item : *tuple.items) {
    if (item.kind != PickledKind::integer || item.integer < 0)
      refuse("a size or a stride that is no number from 0 on");
    sizes.push_back(item.integer);
  }
  return sizes;
}

void Unpickler::rebuild_tensor(const Items& arguments) {
  const bool fits = arguments.size() >= 4 && arguments[0].kind == PickledKind::storage &&
                    arguments[1].kind == PickledKind::integer &&
                    arguments[2].kind == PickledKind::tuple &&
                    arguments[3].kind == PickledKind::tuple;
  if (!fits) refuse("a tensor without storage, offset, sizes and strides");
  const PickledTensor tensor{*arguments[0].storage, arguments[1].integer, sizes(arguments[2]),
                             sizes(arguments[3])};
  if (tensor.offset < 0) refuse("a tensor that begins before its storage");
  if (tensor.sizes.rank() != tensor.strides.rank())
    refuse("a tensor with other sizes than strides");
  budget_.take(sizeof tensor, where_);
  Pickled object(PickledKind::tensor);
  object.tensor = &tensors_.emplace_back(tensor);
  push(object);
}

/// Calls the few functions that there are.
void Unpickler::call() {
  const Pickled arguments = pop();
  const Pickled function = pop();
  if (arguments.kind != PickledKind::tuple || function.kind != PickledKind::name)
    refuse("a call of something else than a function");
  const Items& list = *arguments.items;
  if (function.text() == kTensor) return rebuild_tensor(list);
  if (function.text() == kParameter) {
    if (list.empty() || list[0].kind != PickledKind::tensor) refuse("a parameter without a tensor");
    return push(list[0]);
  }
  if (function.text() != kOrderedDict || list.size() > 1) refuse("an unknown call");
  Items items;
  if (!list.empty()) {
    if (list[0].kind != PickledKind::list) refuse("a dictionary of something else than pairs");
    // The list may be remembered, and become many dictionaries.
    budget_.take(2 * kObject * list[0].items->size(), where_);
    for (const Pickled& pair : *list[0].items) {
      if ((pair.kind != PickledKind::tuple && pair.kind != PickledKind::list) ||
          pair.items->size() != 2)
        refuse("a dictionary of something else than pairs");
      items.insert(items.end(), pair.items->begin(), pair.items->end());
    }
  }
  push_items(PickledKind::dict, std::move(items));
}

/// Attributes, which a state dict has for its versions: passed by.
void Unpickler::build() {
  pop();
  top(PickledKind::dict);
}

/// ("storage", its type, the name of its member, a device, its length).
void Unpickler::storage() {
  const Pickled id = pop();
  if (id.kind != PickledKind::tuple || id.items->size() < 5)
    refuse("a storage without type, name and length");
  const Items& items = *id.items;
  const bool fits = items[0].kind == PickledKind::text && items[0].text() == "storage" &&
                    items[1].kind == PickledKind::name && items[2].kind == PickledKind::text &&
                    items[4].kind == PickledKind::integer && items[4].integer >= 0;
  const StorageType* type = fits ? storage_type(items[1].text()) : nullptr;
  if (!type) refuse("a storage without type, name and length");
  budget_.take(sizeof(PickledStorage), where_);
  Pickled object(PickledKind::storage);
  object.storage =
      &storages_.emplace_back(PickledStorage{type->stored, items[2].text(), items[4].integer});
  push(object);
}

Pickled Unpickler::read() {
  while (!stopped_) step(value<unsigned char>());
  if (stack_.size() != 1 || !marks_.empty()) refuse("more or fewer objects than one");
  return stack_.back();
}

void Unpickler::step(unsigned char opcode) {
  const auto tuple = [&](std::size_t count) {
    Items items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push_items(PickledKind::tuple, std::move(items));
  };
  const auto append = [&](PickledKind kind, const Items& items) {
    if (kind == PickledKind::dict && items.size() % 2 != 0) refuse("a key without a value");
    Items& all = *top(kind).items;
    all.insert(all.end(), items.begin(), items.end());
  };
  switch (opcode) {
    case 0x80:  // PROTO
      if (const auto version = value<unsigned char>(); version < 2 || version > 5)
        fail<FileError>("{}: a pickle of version {}, where 2 to 5 are read", where_, int{version});
      return;
    case 0x95:  // FRAME
      value<std::uint64_t>();
      return;
    case '.':  // STOP
      stopped_ = true;
      return;
    case '(':  // MARK
      budget_.take(kObject, where_);
      marks_.push_back(stack_.size());
      return;
    case '0':  // POP
      pop();
      return;
    case 'N':  // NONE
      return push(Pickled());
    case 0x88:    // NEWTRUE
    case 0x89: {  // NEWFALSE
      Pickled truth(PickledKind::truth);
      truth.integer = opcode == 0x88;
      return push(truth);
    }
    case 'J':  // BININT
      return push_integer(value<std::int32_t>());
    case 'K':  // BININT1
      return push_integer(value<std::uint8_t>());
    case 'M':  // BININT2
      return push_integer(value<std::uint16_t>());
    case 0x8a:  // LONG1
      return push_long(take(value<std::uint8_t>()));
    case 'G': {  // BINFLOAT, big-endian
      std::string bytes(take(8));
      std::reverse(bytes.begin(), bytes.end());
      Pickled number(PickledKind::number);
      std::memcpy(&number.number, bytes.data(), 8);
      return push(number);
    }
    case 'X':  // BINUNICODE
      return push({PickledKind::text, take(value<std::uint32_t>())});
    case 0x8c:  // SHORT_BINUNICODE
      return push({PickledKind::text, take(value<std::uint8_t>())});
    case 0x8d:  // BINUNICODE8
      return push({PickledKind::text, take(value<std::uint64_t>())});
    case '}':  // EMPTY_DICT
      return push_items(PickledKind::dict, {});
    case ']':  // EMPTY_LIST
      return push_items(PickledKind::list, {});
    case ')':  // EMPTY_TUPLE
      return push_items(PickledKind::tuple, {});
    case 't':  // TUPLE
      return push_items(PickledKind::tuple, pop_to_mark());
    case 0x85:  // TUPLE1
    case 0x86:  // TUPLE2
    case 0x87:  // TUPLE3
      return tuple(opcode - 0x84u);
    case 'a':  // APPEND
      return append(PickledKind::list, {pop()});
    case 'e':  // APPENDS
      return append(PickledKind::list, pop_to_mark());
    case 's': {  // SETITEM
      const Pickled item = pop();
      const Pickled key = pop();
      return append(PickledKind::dict, {key, item});
    }
    case 'u':  // SETITEMS
      return append(PickledKind::dict, pop_to_mark());
    case 'q':  // BINPUT
      return memoize(value<std::uint8_t>());
    case 'r':  // LONG_BINPUT
      return memoize(value<std::uint32_t>());
    case 0x94:  // MEMOIZE
      return memoize(memo_.size());
    case 'h':  // BINGET
      return recall(value<std::uint8_t>());
    case 'j':  // LONG_BINGET
      return recall(value<std::uint32_t>());
    case 'c': {  // GLOBAL
      const std::string_view module = line();
      return push_name(module, line());
    }
    case 0x93: {  // STACK_GLOBAL
      const Pickled name = pop();
      const Pickled module = pop();
      if (name.kind != PickledKind::text || module.kind != PickledKind::text)
        refuse("a name that is no text");
      return push_name(module.text(), name.text());
    }
    case 'R':  // REDUCE
      return call();
    case 'b':  // BUILD
      return build();
    case 'Q':  // BINPERSID
      return storage();
    default:
      fail<FileError>("{}: the pickle has opcode {} at byte {}, which state dicts do not have; {}",
                      where_, int{opcode}, at_ - 1, kStateDict);
  }
}

}  // namespace tapegrad::nn::detail
