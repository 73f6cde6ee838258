# What an error of weights does: to the outputs of a matrix, by the second moments of its inputs, and to the distributions
# of a model.
class Calibration(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # sums += X^T X over the real tokens, in place: x [B, T, n], real [B, T] is 1 for a token, 0 for padding, sums [n, n] in
  # fp64. A batch's products are fp32.
  def add_moments(self: __torch__.Calibration, x: Tensor, real: Tensor, sums: Tensor) -> Tensor:
    rows = torch.reshape(torch.mul(torch.to(x, 6), torch.unsqueeze(real, 2)), [-1, torch.size(x, 2)])
    return torch.add_(sums, torch.to(torch.matmul(torch.t(rows), rows), 7))

  # The sum over tokens of |d x|^2: d [rows, n], moments [n, n] = X^T X, both fp32 -> []
  def output_energy(self: __torch__.Calibration, d: Tensor, moments: Tensor) -> Tensor:
    return torch.sum(torch.to(torch.mul(torch.matmul(d, moments), d), 7))

  def to_fp32(self: __torch__.Calibration, x: Tensor) -> Tensor:
    return torch.to(x, 6)

  # Sum over rows of KL(p || q), p and q of the head inputs x and y [n, D] with the head [V, D], all fp32 -> []
  def divergence(self: __torch__.Calibration, x: Tensor, y: Tensor, head: Tensor) -> Tensor:
    p = torch.log_softmax(torch.linear(x, head), -1)
    q = torch.log_softmax(torch.linear(y, head), -1)
    return torch.sum(torch.to(torch.sum(torch.mul(torch.exp(p), torch.sub(p, q)), [-1]), 7))
