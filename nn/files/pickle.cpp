#include "nn/files/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "autograd/base/fail.h"

namespace tapegrad::nn::detail {

namespace {

using Kind = Pickled::Kind;

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

Pickled& Unpickler::make(Kind kind) {
  Pickled& made = objects_.emplace_back();
  made.kind = kind;
  return made;
}

void Unpickler::push_text(std::string_view text) {
  push(Kind::text);
  stack_.back()->text = text;
}

void Unpickler::push_integer(std::int64_t integer) {
  push(Kind::integer);
  stack_.back()->integer = integer;
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
  if (full != kOrderedDict && full != kTensor && full != kParameter && !storage_type(full))
    fail<FileError>(
        "{}: it holds '{}', which only a program of Python could make, and nothing is executed; {}",
        where_, full, kStateDict);
  push(Kind::name);
  stack_.back()->text = full;
}

Pickled* Unpickler::pop() {
  if (stack_.empty() || (!marks_.empty() && stack_.size() == marks_.back()))
    refuse("an object is missing");
  Pickled* popped = stack_.back();
  stack_.pop_back();
  return popped;
}

Pickled* Unpickler::top(Kind kind) {
  Pickled* object = pop();
  if (object->kind != kind) refuse("an object of another kind was expected");
  stack_.push_back(object);
  return object;
}

std::vector<const Pickled*> Unpickler::pop_to_mark() {
  if (marks_.empty()) refuse("a mark is missing");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<const Pickled*> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void Unpickler::add_items(const std::vector<const Pickled*>& items) {
  if (items.size() % 2 != 0) refuse("a key without a value");
  Pickled* dict = top(Kind::dict);
  dict->items.insert(dict->items.end(), items.begin(), items.end());
}

void Unpickler::memoize(std::uint64_t place) {
  if (stack_.empty()) refuse("an object is missing");
  // Places are counted, so that there are no more than bytes.
  if (place > bytes_.size()) refuse("a place to remember an object that is too far");
  if (place >= memo_.size()) memo_.resize(place + 1, nullptr);
  memo_[place] = stack_.back();
}

void Unpickler::recall(std::uint64_t place) {
  if (place >= memo_.size() || !memo_[place]) refuse("an object that was not remembered");
  stack_.push_back(memo_[place]);
}

void Unpickler::rebuild_tensor(const std::vector<const Pickled*>& arguments) {
  const bool fits = arguments.size() >= 4 && arguments[0]->kind == Kind::storage &&
                    arguments[1]->kind == Kind::integer && arguments[2]->kind == Kind::tuple &&
                    arguments[3]->kind == Kind::tuple;
  if (!fits) refuse("a tensor without storage, offset, sizes and strides");
  push(Kind::tensor);
  PickledTensor& tensor = stack_.back()->tensor;
  tensor.storage = &arguments[0]->storage;
  tensor.offset = arguments[1]->integer;
  for (const auto& [from, to] :
       {std::pair(arguments[2], &tensor.sizes), std::pair(arguments[3], &tensor.strides)}) {
    for (const Pickled* item : from->items) {
      if (item->kind != Kind::integer || item->integer < 0) refuse("a size that is no number");
      to->push_back(item->integer);
    }
  }
  if (tensor.sizes.size() != tensor.strides.size())
    refuse("a tensor with other sizes than strides");
}

/// Calls the few functions that there are.
void Unpickler::call() {
  const Pickled* arguments = pop();
  const Pickled* function = pop();
  if (arguments->kind != Kind::tuple || function->kind != Kind::name)
    refuse("a call of something else than a function");
  if (function->text == kTensor) return rebuild_tensor(arguments->items);
  if (function->text == kParameter) {
    if (arguments->items.empty() || arguments->items[0]->kind != Kind::tensor)
      refuse("a parameter without a tensor");
    push(Kind::tensor);
    stack_.back()->tensor = arguments->items[0]->tensor;
    return;
  }
  if (function->text != kOrderedDict || arguments->items.size() > 1) refuse("an unknown call");
  push(Kind::dict);
  if (arguments->items.empty()) return;
  if (arguments->items[0]->kind != Kind::list) refuse("a dictionary of something else than pairs");
  for (const Pickled* pair : arguments->items[0]->items) {
    if ((pair->kind != Kind::tuple && pair->kind != Kind::list) || pair->items.size() != 2)
      refuse("a dictionary of something else than pairs");
    stack_.back()->items.insert(stack_.back()->items.end(), pair->items.begin(), pair->items.end());
  }
}

/// Attributes, which a state dict has for its versions: passed by.
void Unpickler::build() {
  pop();
  top(Kind::dict);
}

/// ("storage", its type, the name of its member, a device, its length).
void Unpickler::storage() {
  const Pickled* id = pop();
  const bool fits = id->kind == Kind::tuple && id->items.size() >= 5 &&
                    id->items[0]->kind == Kind::text && id->items[0]->text == "storage" &&
                    id->items[1]->kind == Kind::name && id->items[2]->kind == Kind::text &&
                    id->items[4]->kind == Kind::integer && id->items[4]->integer >= 0;
  const StorageType* type = fits ? storage_type(id->items[1]->text) : nullptr;
  if (!type) refuse("a storage without type, name and length");
  push(Kind::storage);
  stack_.back()->storage = {type->stored, id->items[2]->text, id->items[4]->integer};
}

const Pickled& Unpickler::read() {
  while (!stopped_) step(value<unsigned char>());
  if (stack_.size() != 1 || !marks_.empty()) refuse("more or fewer objects than one");
  return *stack_.back();
}

void Unpickler::step(unsigned char opcode) {
  const auto tuple = [&](std::size_t count) {
    std::vector<const Pickled*> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push(Kind::tuple);
    stack_.back()->items = std::move(items);
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
      marks_.push_back(stack_.size());
      return;
    case '0':  // POP
      pop();
      return;
    case 'N':  // NONE
      return push(Kind::none);
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      push(Kind::truth);
      stack_.back()->integer = opcode == 0x88;
      return;
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
      push(Kind::number);
      std::memcpy(&stack_.back()->number, bytes.data(), 8);
      return;
    }
    case 'X':  // BINUNICODE
      return push_text(take(value<std::uint32_t>()));
    case 0x8c:  // SHORT_BINUNICODE
      return push_text(take(value<std::uint8_t>()));
    case 0x8d:  // BINUNICODE8
      return push_text(take(value<std::uint64_t>()));
    case '}':  // EMPTY_DICT
      return push(Kind::dict);
    case ']':  // EMPTY_LIST
      return push(Kind::list);
    case ')':  // EMPTY_TUPLE
      return push(Kind::tuple);
    case 't': {  // TUPLE
      std::vector<const Pickled*> items = pop_to_mark();
      push(Kind::tuple);
      stack_.back()->items = std::move(items);
      return;
    }
    case 0x85:  // TUPLE1
    case 0x86:  // TUPLE2
    case 0x87:  // TUPLE3
      return tuple(opcode - 0x84u);
    case 'a': {  // APPEND
      const Pickled* item = pop();
      top(Kind::list)->items.push_back(item);
      return;
    }
    case 'e': {  // APPENDS
      const std::vector<const Pickled*> items = pop_to_mark();
      Pickled* list = top(Kind::list);
      list->items.insert(list->items.end(), items.begin(), items.end());
      return;
    }
    case 's': {  // SETITEM
      const Pickled* item = pop();
      const Pickled* key = pop();
      return add_items({key, item});
    }
    case 'u':  // SETITEMS
      return add_items(pop_to_mark());
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
      const Pickled* name = pop();
      const Pickled* module = pop();
      if (name->kind != Kind::text || module->kind != Kind::text) refuse("a name that is no text");
      return push_name(module->text, name->text);
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
