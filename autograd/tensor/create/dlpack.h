#pragma once

#include <cstdint>

// Internal: what libraries hand each other by DLPack, as its header dlpack.h (version 0.8, C) lays
// it out in memory. Programs include that header; this one stands in for it here, since a struct of
// 64 bytes is no reason to depend on a package.

struct DLManagedTensor {
  /// kDLCPU, and kDLCUDAHost, which the CPU reaches as well.
  static constexpr std::int32_t kCpu = 1, kCudaHost = 3;
  /// Kinds of elements: kDLInt, kDLFloat, kDLBool.
  static constexpr std::uint8_t kInt = 0, kFloat = 2, kBool = 6;

  struct Device {
    std::int32_t device_type, device_id;
  };
  struct DataType {
    std::uint8_t code, bits;
    std::uint16_t lanes;
  };
  struct Array {
    void* data;
    Device device;
    std::int32_t ndim;
    DataType dtype;
    std::int64_t* shape;
    std::int64_t* strides;  ///< in elements; nullptr for row by row
    std::uint64_t byte_offset;
  };

  Array dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor* self);
};
