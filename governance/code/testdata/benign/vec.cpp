#include <string>
#include <vector>

template <typename T>
T sum(const std::vector<T>& v) {
    T s{};
    for (const auto& x : v) s += x;
    return s;
}

const char* help = R"(usage: app [--format d:text] eval)";
