#include "nn/files/pytorch.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/visit_dtype.h"
#include "nn/files/pickle.h"

namespace tapegrad::nn::detail {

namespace {

using Kind = Pickled::Kind;

constexpr std::string_view kPickle = "/data.pkl";
/// A pickle says names and shapes; elements are elsewhere.
constexpr std::uint64_t kMostPickle = std::uint64_t{1} << 28;
/// Dictionaries in dictionaries.
constexpr int kMostDepth = 64;
/// How many times larger than its storage a tensor may be that repeats elements.
constexpr std::int64_t kMostRepeats = 64;

class Archive {
 public:
  Archive(ZipReader& zip, std::string where) : zip_(zip), where_(std::move(where)) {
    for (const ZipReader::Member& member : zip_.members()) {
      if (member.name.ends_with(kPickle))
        folder_ = member.name.substr(0, member.name.size() - kPickle.size() + 1);
    }
  }

  TensorFile read() {
    if (text_of("byteorder", 16) == "big") swapped_ = true;
    pickle_ = text_of("data.pkl", kMostPickle);
    Unpickler unpickler(pickle_, where_ + ", '" + folder_ + "data.pkl'");
    add("", unpickler.read(), 0);
    return std::move(result_);
  }

 private:
  /// The content of a member; empty if there is none.
  std::string text_of(const std::string& name, std::uint64_t most) {
    const ZipReader::Member* member = zip_.find(folder_ + name);
    if (!member) return {};
    if (member->size > most)
      fail<FileError>("{}, '{}': it has {} bytes, where at most {} were expected", where_,
                      member->name, member->size, most);
    return zip_.open(*member)->text(member->size);
  }

  void add(const std::string& name, const Pickled& object, int depth) {
    // A dictionary may be in several places, and in itself.
    if (depth > kMostDepth || ++visited_ > pickle_.size())
      fail<FileError>("{}: '{}' is too deep: containers contain themselves", where_, name);
    const auto inside = [&](const std::string& own) {
      return name.empty() ? own : name + "." + own;
    };
    switch (object.kind) {
      case Kind::dict:
        for (std::size_t i = 0; i + 1 < object.items.size(); i += 2) {
          const Pickled& key = *object.items[i];
          if (key.kind != Kind::text && key.kind != Kind::integer)
            fail<FileError>("{}: a key of '{}' is neither text nor integer", where_, name);
          add(inside(key.kind == Kind::text ? key.text : std::to_string(key.integer)),
              *object.items[i + 1], depth + 1);
        }
        return;
      case Kind::tuple:
      case Kind::list:
        for (std::size_t i = 0; i < object.items.size(); ++i)
          add(inside(std::to_string(i)), *object.items[i], depth + 1);
        return;
      case Kind::tensor:
        result_.tensors.push_back({name, tensor_of(name, object.tensor)});
        return;
      case Kind::truth:
        result_.tensors.push_back({name, full({}, object.integer != 0, boolean)});
        return;
      case Kind::integer:
        result_.tensors.push_back({name, tensor(object.integer)});
        return;
      case Kind::number:
        result_.tensors.push_back({name, tensor(object.number, float64)});
        return;
      default:
        result_.left_out.push_back(name);
    }
  }

  /// All elements of a storage, once.
  const Tensor& elements_of(const PickledStorage& storage) {
    const auto known = storages_.find(storage.key);
    if (known != storages_.end()) {
      if (known->second.numel() != storage.numel ||
          known->second.dtype() != dtype_of(storage.stored))
        fail<FileError>("{}: storage '{}' has two types or lengths", where_, storage.key);
      return known->second;
    }
    const ZipReader::Member* member = zip_.find(folder_ + "data/" + storage.key);
    if (!member) fail<FileError>("{}: storage '{}' is not in the archive", where_, storage.key);
    const std::size_t size = size_of(storage.stored);
    if (member->size / size != static_cast<std::uint64_t>(storage.numel) ||
        member->size % size != 0)
      fail<FileError>("{}, '{}': it has {} bytes, where {} elements of {} were expected", where_,
                      member->name, member->size, storage.numel, size);
    const auto source = zip_.open(*member);
    const Fill fill = [&](std::span<std::byte> to) {
      source->read(to);
      for (std::size_t i = 0; swapped_ && i < to.size(); i += size)
        std::reverse(to.begin() + static_cast<std::ptrdiff_t>(i),
                     to.begin() + static_cast<std::ptrdiff_t>(i + size));
    };
    return storages_
        .emplace(storage.key,
                 read_elements(storage.stored, Shape{storage.numel}, fill, source->where()))
        .first->second;
  }

  Tensor tensor_of(const std::string& name, const PickledTensor& pickled) {
    const PickledStorage& storage = *pickled.storage;
    if (pickled.sizes.size() > kMaxRank)
      fail<FileError>("{}: tensor '{}' has {} dimensions, where at most {} are allowed", where_,
                      name, pickled.sizes.size(), kMaxRank);
    // The last element, and how many there are, without leaving 64 bits.
    std::int64_t last = pickled.offset, numel = 1;
    bool fits = last >= 0;
    for (std::size_t d = 0; d < pickled.sizes.size(); ++d) {
      std::int64_t reach = 0;
      fits = fits && !__builtin_mul_overflow(numel, pickled.sizes[d], &numel);
      if (pickled.sizes[d] == 0) continue;
      fits = fits && !__builtin_mul_overflow(pickled.sizes[d] - 1, pickled.strides[d], &reach) &&
             !__builtin_add_overflow(last, reach, &last);
    }
    if (!fits || (numel > 0 && last >= storage.numel))
      fail<FileError>("{}: tensor '{}' reaches beyond the {} elements of its storage '{}'", where_,
                      name, storage.numel, storage.key);
    if (numel / kMostRepeats > storage.numel)
      fail<FileError>(
          "{}: tensor '{}' repeats the {} elements of its storage to {}; save it as "
          "x.clone()",
          where_, name, storage.numel, numel);
    Shape shape;
    for (const std::int64_t size : pickled.sizes) shape.push_back(size);
    const Tensor& all = elements_of(storage);
    Tensor result = empty(shape, all.dtype());
    if (numel == 0) return result;
    visit_dtype(all.dtype(), [&]<class T>(T) {
      const std::span<const T> from = all.data<T>();
      result.write<T>([&](std::span<T> to) { gather(pickled, from, to); });
    });
    return result;
  }

  /// The elements of a tensor, one after the other.
  template <class T>
  static void gather(const PickledTensor& tensor, std::span<const T> from, std::span<T> to) {
    std::int64_t index[kMaxRank] = {}, at = tensor.offset;
    const int rank = static_cast<int>(tensor.sizes.size());
    for (T& element : to) {
      element = from[static_cast<std::size_t>(at)];
      for (int d = rank; d-- > 0;) {
        const auto i = static_cast<std::size_t>(d);
        at += tensor.strides[i];
        if (++index[d] < tensor.sizes[i]) break;
        at -= tensor.strides[i] * tensor.sizes[i];
        index[d] = 0;
      }
    }
  }

  ZipReader& zip_;
  std::string where_, folder_, pickle_;
  bool swapped_ = false;
  std::size_t visited_ = 0;
  std::unordered_map<std::string, Tensor> storages_;
  TensorFile result_;
};

}  // namespace

bool is_pytorch(const ZipReader& archive) noexcept {
  return std::any_of(archive.members().begin(), archive.members().end(),
                     [](const ZipReader::Member& m) { return m.name.ends_with(kPickle); });
}

TensorFile read_pytorch(ZipReader& archive, const std::string& where) {
  return Archive(archive, where).read();
}

}  // namespace tapegrad::nn::detail
