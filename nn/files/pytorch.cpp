#include "nn/files/pytorch.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/visit_dtype.h"
#include "nn/data/shown_text.h"
#include "nn/files/pickle.h"

namespace tapegrad::nn::detail {

namespace {

constexpr std::string_view kPickle = "/data.pkl";
/// A pickle says names and shapes; elements are elsewhere.
constexpr std::uint64_t kMostPickle = std::uint64_t{1} << 26;
/// Dictionaries in dictionaries.
constexpr int kMostDepth = 64;
/// What is kept of a name or a number, beside its text.
constexpr std::uint64_t kEntry = 512;

class Archive {
 public:
  Archive(ZipReader& zip, std::string where) : zip_(zip), where_(std::move(where)) {
    for (const ZipReader::Member& member : zip_.members()) {
      if (!member.name.ends_with(kPickle)) continue;
      if (!folder_.empty())
        fail<FileError>("{}: the archive has two pickles, '{}' and '{}'", where_,
                        shown_name(folder_ + "data.pkl"), shown_name(member.name));
      folder_ = member.name.substr(0, member.name.size() - kPickle.size() + 1);
    }
  }

  TensorFile read() {
    if (text_of("byteorder", 16) == "big") swapped_ = true;
    pickle_ = text_of("data.pkl", kMostPickle);
    Unpickler unpickler(pickle_, where_ + ", '" + folder_ + "data.pkl'", zip_.budget());
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
                      shown_name(member->name), member->size, most);
    return zip_.open(*member)->text(member->size);
  }

  void add(const std::string& name, const Pickled& object, int depth) {
    // A container may be in several places, and in itself.
    zip_.budget().take(kEntry + name.size(), where_);
    if (depth > kMostDepth)
      fail<FileError>("{}: '{}' is too deep: containers contain themselves", where_,
                      shown_name(name));
    const auto inside = [&](const std::string& own) {
      return name.empty() ? own : name + "." + own;
    };
    const auto put = [&](Tensor value) {
      if (!names_.insert(name).second)
        fail<FileError>("{}: the name '{}' stands for two objects", where_, shown_name(name));
      result_.tensors.push_back({name, std::move(value)});
    };
    switch (object.kind) {
      case PickledKind::dict: {
        const std::vector<Pickled>& items = *object.items;
        for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
          const Pickled& key = items[i];
          if (key.kind != PickledKind::text && key.kind != PickledKind::integer)
            fail<FileError>("{}: a key of '{}' is neither text nor integer", where_,
                            shown_name(name));
          add(inside(key.kind == PickledKind::text ? std::string(key.text())
                                                   : std::to_string(key.integer)),
              items[i + 1], depth + 1);
        }
        return;
      }
      case PickledKind::tuple:
      case PickledKind::list: {
        std::size_t i = 0;
        for (const Pickled& item : *object.items) add(inside(std::to_string(i++)), item, depth + 1);
        return;
      }
      case PickledKind::tensor:
        return put(tensor_of(name, *object.tensor));
      case PickledKind::truth:
        return put(full({}, object.integer != 0, boolean));
      case PickledKind::integer:
        return put(tensor(object.integer));
      case PickledKind::number:
        return put(tensor(object.number, float64));
      default:
        result_.left_out.push_back(name);
    }
  }

  /// All elements of a storage, once.
  const Tensor& elements_of(const PickledStorage& storage) {
    const std::string key(storage.key);
    if (const auto known = storages_.find(key); known != storages_.end()) {
      const auto& [stored, elements] = known->second;
      if (elements.numel() != storage.numel || stored != storage.stored)
        fail<FileError>("{}: storage '{}' has two types or lengths", where_, shown_name(key));
      return elements;
    }
    const ZipReader::Member* member = zip_.find(folder_ + "data/" + key);
    if (!member) fail<FileError>("{}: storage '{}' is not in the archive", where_, shown_name(key));
    const std::size_t size = size_of(storage.stored);
    if (member->size / size != static_cast<std::uint64_t>(storage.numel) ||
        member->size % size != 0)
      fail<FileError>("{}, '{}': it has {} bytes, where {} elements of {} were expected", where_,
                      shown_name(member->name), member->size, storage.numel, size);
    const auto source = zip_.open(*member);
    const Tensor elements =
        read_elements({storage.stored, swapped_}, Shape{storage.numel}, *source, source->where());
    return storages_.emplace(key, std::pair(storage.stored, elements)).first->second.second;
  }

  Tensor tensor_of(const std::string& name, const PickledTensor& pickled) {
    const PickledStorage& storage = pickled.storage;
    const Shape &sizes = pickled.sizes, &strides = pickled.strides;
    // The last element, and how many there are, without leaving 64 bits.
    std::int64_t last = pickled.offset, numel = 1;
    bool fits = true;
    for (int d = 0; d < sizes.rank(); ++d) {
      std::int64_t reach = 0;
      fits = fits && !__builtin_mul_overflow(numel, sizes[d], &numel);
      if (sizes[d] == 0) continue;
      fits = fits && !__builtin_mul_overflow(sizes[d] - 1, strides[d], &reach) &&
             !__builtin_add_overflow(last, reach, &last);
    }
    if (!fits || (numel > 0 && last >= storage.numel))
      fail<FileError>("{}: tensor '{}' reaches beyond the {} elements of its storage '{}'", where_,
                      shown_name(name), storage.numel, shown_name(storage.key));
    // Elements may be repeated, so that a tensor can be larger than its storage.
    const Tensor& all = elements_of(storage);
    zip_.budget().take(static_cast<std::uint64_t>(numel) * size_of(all.dtype()),
                       fmt::format("{}, tensor '{}'", where_, shown_name(name)));
    Tensor result = empty(sizes, all.dtype());
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
    for (T& element : to) {
      element = from[static_cast<std::size_t>(at)];
      for (int d = tensor.sizes.rank(); d-- > 0;) {
        at += tensor.strides[d];
        if (++index[d] < tensor.sizes[d]) break;
        at -= tensor.strides[d] * tensor.sizes[d];
        index[d] = 0;
      }
    }
  }

  ZipReader& zip_;
  std::string where_, folder_, pickle_;
  bool swapped_ = false;
  std::set<std::string> names_;
  std::unordered_map<std::string, std::pair<Stored, Tensor>> storages_;
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
